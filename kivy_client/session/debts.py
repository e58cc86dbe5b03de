"""Two small memories: lines that could not be said, and an invitation that crosses ours."""

from registro.wire.messages import Convite, ConviteRejeitado, EncerrarLigacao, Ligacao, Message

MOST_OWED = 16
OWED_TIME = 120.0
"""Seconds after which a line that could not be said is no use any more."""


class Debts:
    """Lines to be said as soon as the registry is back. Bounded; old ones are dropped."""

    def __init__(self) -> None:
        self._owed: list[tuple[float, Message]] = []

    def add(self, message: Message, now: float) -> None:
        """Remember a line."""
        self._owed = [*self._owed, (now, message)][-MOST_OWED:]

    def take(self, now: float) -> list[Message]:
        """Return the lines that are still of use, and forget all."""
        owed, self._owed = self._owed, []
        return [message for since, message in owed if now - since < OWED_TIME]


class Crossing:
    """The invitation of the one whom we are inviting at the same moment, until it is known which of the two
    lives.
    """

    def __init__(self) -> None:
        self._invitation: Convite | None = None
        self._relay: Ligacao | None = None

    def hold(self, invitation: Convite) -> None:
        """It came."""
        self._invitation = invitation

    def received(self, call_id: bytes, message: Message) -> None:
        """Something was said about a call that is not ours: perhaps about this one."""
        if self._invitation is None or call_id != self._invitation.chamada:
            return
        if isinstance(message, Ligacao):
            self._relay = message
        elif isinstance(message, (EncerrarLigacao, ConviteRejeitado)):
            self.take()

    def take(self) -> tuple[Convite | None, Ligacao | None]:
        """Return the invitation and its relay, and forget them."""
        found = self._invitation, self._relay
        self._invitation = self._relay = None
        return found
