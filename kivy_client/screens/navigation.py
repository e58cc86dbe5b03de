"""Which screen is in front: a pure function of the view state and of the little that only the window
remembers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kivy_client.session.state import ViewState
from kivy_client.session.vocabulary import CallPhase, Link

WIDE_DP = 900
"""From this width on there are two panes."""


class Place(Enum):
    """Where the person is, when nothing more pressing is in front."""

    ROOM = "room"
    CONTACT = "contact"
    HISTORY = "history"
    MESSAGES = "messages"
    SETTINGS = "settings"
    ABOUT = "about"
    SHARE = "share"


class Front(Enum):
    """What is in front of everything, or `HOME` for the places."""

    HOME = "home"
    WELCOME = "welcome"
    QUESTION = "question"
    CHECK = "check"
    ALARM = "alarm"
    OUTGOING = "outgoing"
    INCOMING = "incoming"
    TALKING = "talking"
    ENDED = "ended"


CALL_FRONTS = frozenset({Front.OUTGOING, Front.INCOMING, Front.TALKING, Front.ENDED})
"""These take the right pane where there are two, the whole window else."""

_PHASES = {
    CallPhase.CALLING: Front.OUTGOING,
    CallPhase.RINGING: Front.OUTGOING,
    CallPhase.INCOMING: Front.INCOMING,
    CallPhase.SECURING: Front.TALKING,
    CallPhase.TALKING: Front.TALKING,
    CallPhase.RECONNECTING: Front.TALKING,
}


SIDE_PLACES = frozenset({Place.CONTACT, Place.ABOUT, Place.SHARE})
"""These open beside the list they were reached from, where there are two panes."""


@dataclass(frozen=True, slots=True)
class Where:
    """What the window remembers: the place, the list it was reached from (`base`), whose details are open.

    `editing` shows name and server to be filled in, whatever the connection is. Whether the first start
    goes on: `arriving` is True from the first start (or a wish to change name or server) until «Entrar na
    sala»; `checking` asks for the check of sound and network.
    """

    place: Place = Place.ROOM
    base: Place = Place.ROOM
    contact: str = ""
    arriving: bool = False
    editing: bool = False
    checking: bool = False


def front(state: ViewState, where: Where) -> Front:
    """What is in front, the most pressing first: an alarm, a call, the server's question, the first start."""
    if state.alarms:
        return Front.ALARM
    if state.call is not None:
        return _PHASES[state.call.phase]
    if state.question is not None:
        return Front.QUESTION
    if where.editing:
        return Front.WELCOME
    if where.arriving:
        return Front.CHECK if state.connection.link is Link.ONLINE else Front.WELCOME
    if where.checking:
        return Front.CHECK
    return Front.ENDED if state.ended is not None else Front.HOME


def first_start(state: ViewState) -> bool:
    """Whether nobody has told this program a server yet."""
    return not state.connection.address and state.connection.link in (Link.OFF, Link.STOPPED)
