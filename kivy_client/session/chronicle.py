"""What becomes of a call on the screen and in the history: the listener of the exchange."""

from dataclasses import replace

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from kivy_client.session.calls.call import Call
from kivy_client.session.calls.quality import quality_of
from kivy_client.session.calls.world import Ending
from kivy_client.session.check import loudness
from kivy_client.session.display import Display
from kivy_client.session.history import MISSED, History
from kivy_client.session.ringer import Ringer, Tune
from kivy_client.session.room import Room
from kivy_client.session.state import EndedCall
from kivy_client.session.state_call import CallView
from kivy_client.session.trust import Trust
from kivy_client.session.vocabulary import CallPhase, Caution, Direction, EndCause, HistoryKind, NoticeKind

METER_PERIOD = 0.05
"""Seconds between two looks at the levels; a screen shows no more."""

MOST_WAITING = 5

#: Causes after which an incoming call was not missed: it was dealt with here.
DEALT_WITH = frozenset({EndCause.REFUSED_HERE, EndCause.HUNG_UP_HERE, EndCause.HUNG_UP_THERE})
#: Causes that calling again does not change.
HOPELESS = frozenset({EndCause.NOT_FOUND, EndCause.KEY_CHANGED, EndCause.FORGED})
#: Causes at which the caller hears the busy tone.
BUSY_TONE = frozenset(
    {
        EndCause.BUSY,
        EndCause.BUSY_HERE,
        EndCause.REFUSED,
        EndCause.NO_ANSWER,
        EndCause.ABSENT,
        EndCause.DO_NOT_DISTURB,
        EndCause.NOT_FOUND,
        EndCause.CONNECTION_LOST,
    }
)
DEVICE_NEWS = frozenset({Caution.DEVICE_LOST, Caution.DEVICE_BACK})
TUNES = {CallPhase.RINGING: Tune.RING_BACK, CallPhase.INCOMING: Tune.RINGTONE}


class Chronicle:
    """Shows the call, rings, and writes the history."""

    def __init__(
        self,
        clock: IReactorTime,
        display: Display,
        history: History,
        room: Room,
        trust: Trust,
        ringer: Ringer,
    ) -> None:
        self._display, self._history, self._room = display, history, room
        self._trust, self._ringer = trust, ringer
        self._call: Call | None = None
        self._phase: CallPhase | None = None
        self._waiting: tuple[str, ...] = ()
        self._number = 0
        self._warned: set[Caution] = set()
        self._meters = LoopingCall(self._measure)
        self._meters.clock = clock

    def call_changed(self, call: Call | None) -> None:
        """Show the call as it is."""
        self._call = call
        if call is not None:
            self._tune(call.view.phase)
            self._tell_devices(call.view)
            self._display.put(call=self._dressed(call.view), ended=None)
            if call.secrets is not None and not self._meters.running:
                self._meters.start(METER_PERIOD)

    def _dressed(self, view: CallView) -> CallView:
        """Return the view with what only the room knows."""
        verified = self._room.contact(view.name).verified
        return replace(view, verified=verified, waiting_names=self._waiting)

    def _tell_devices(self, view: CallView) -> None:
        """A device that vanished or came back is a notice, too: the person may be looking elsewhere."""
        new = set(view.warnings) - self._warned
        self._warned = set(view.warnings)
        for caution in new & DEVICE_NEWS:
            self._display.notify(NoticeKind.DEVICE, view.name, caution.value)

    def _tune(self, phase: CallPhase) -> None:
        if phase is not self._phase:
            self._phase = phase
            tune = TUNES.get(phase)
            if tune is None:
                self._ringer.stop()
            else:
                self._ringer.play(tune)

    def _measure(self) -> None:
        voice = self._call.voice if self._call is not None else None
        meters = self._display.state.meters
        mine, theirs = voice.levels if voice is not None else (0.0, 0.0)
        meters.mine, meters.theirs = loudness(mine), loudness(theirs)

    def call_rings(self, call: Call) -> None:
        """Somebody calls."""
        self.call_changed(call)
        self._display.notify(NoticeKind.INCOMING_CALL, call.view.name)

    def second_caller(self, name: str) -> None:
        """Somebody else called meanwhile."""
        self._waiting = (*(known for known in self._waiting if known != name), name)[-MOST_WAITING:]
        if self._call is not None:
            self._display.put(call=self._dressed(self._call.view))
        self._display.notify(NoticeKind.SECOND_CALLER, name)

    def call_over(self, call: Call, ending: Ending) -> None:
        """The call is over: say why, and remember it."""
        self._call, self._phase, self._waiting = None, None, ()
        if self._meters.running:
            self._meters.stop()
        self._measure()
        if ending.cause is EndCause.BUSY and self._room.busy_ourselves(call.view.name):
            ending = replace(ending, cause=EndCause.BUSY_HERE)
        self._finale(call, ending)
        self._display.put(call=None, ended=self._ended(call, ending))
        self._remember(call, ending)

    def _finale(self, call: Call, ending: Ending) -> None:
        if call.view.direction is Direction.OUTGOING and ending.cause in BUSY_TONE:
            self._ringer.play(Tune.BUSY, once=True)
        else:
            self._ringer.stop()

    def _ended(self, call: Call, ending: Ending) -> EndedCall:
        view = call.view
        self._number += 1
        return EndedCall(
            number=self._number,
            name=view.name,
            direction=view.direction,
            cause=ending.cause,
            reason=ending.reason,
            ended=ending.at,
            duration=_duration(view, ending),
            can_repeat=ending.cause not in HOPELESS,
            quality=quality_of(call.ears.last.course),
            figures=view.figures,
            words=view.words,
            path=view.path.path,
        )

    def _remember(self, call: Call, ending: Ending) -> None:
        view, server = call.view, self._trust.server
        kind = _kind(view, ending)
        duration = _duration(view, ending)
        bars = quality_of(call.ears.last.course).bars if duration else 0
        self._history.add(server, kind, view.name, view.began, ending.cause, duration, bars)
        self.show_history()
        if kind in MISSED:
            self._display.notify(NoticeKind.MISSED_CALL, view.name)

    def missed_away(self, name: str, when: float) -> None:
        """The registry says that somebody called while this name was not connected."""
        self._history.add(self._trust.server, HistoryKind.MISSED_AWAY, name, when, EndCause.MISSED)
        self.show_history()
        self._display.notify(NoticeKind.MISSED_CALL, name)

    def show_history(self) -> None:
        """Show the history of the registry we are at."""
        server = self._trust.server
        self._display.put(history=self._history.of(server), missed=self._history.missed(server))


def _duration(view: CallView, ending: Ending) -> float:
    return 0.0 if view.talking_since is None else max(0.0, ending.at - view.talking_since)


def _kind(view: CallView, ending: Ending) -> HistoryKind:
    if view.direction is Direction.OUTGOING:
        return HistoryKind.MADE
    answered = view.talking_since is not None or ending.cause in DEALT_WITH
    return HistoryKind.RECEIVED if answered else HistoryKind.MISSED
