"""Who a name is: the pinned keys, and the alarms when a name shows another one.

Nothing proceeds past an alarm.
"""

from collections.abc import Callable

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure

from kivy_client.session.answers import AskError, RefusedError
from kivy_client.session.calls.causes import ERRORS
from kivy_client.session.calls.world import CallError
from kivy_client.session.fingerprints import readable_key
from kivy_client.session.pins import KeyPins, Verdict
from kivy_client.session.state import KeyAlarm
from kivy_client.session.vocabulary import EndCause
from registro.wire.errors import Codigo
from registro.wire.messages import ConsultaBemSucedida, Message, PedidoConsulta
from voz.handshake import Party

MOST_ALARMS = 50

#: Sends a question to the registry; fires with the answer or fails with an AskError.
Ask = Callable[[Message], Deferred[Message]]


class Trust:
    """Names and keys at one registry at a time. `told` is called with a name whose alarm or pin changed."""

    def __init__(
        self, pins: KeyPins, ask: Ask, wall: Callable[[], float], told: Callable[[str], None]
    ) -> None:
        self._pins, self._ask, self._wall, self._told = pins, ask, wall, told
        self.server = ""
        self._alarms: dict[str, KeyAlarm] = {}
        self._shown: dict[str, bytes] = {}

    @property
    def alarms(self) -> tuple[KeyAlarm, ...]:
        """The alarms that the person has not answered, oldest first."""
        return tuple(self._alarms.values())

    def alarmed(self, name: str) -> bool:
        """Say whether the name showed another key and the person has not decided."""
        return name in self._alarms

    def key(self, name: str) -> bytes | None:
        """Return the pinned key of a name."""
        return self._pins.of(self.server, name)

    def at(self, server: str) -> None:
        """From now on names are those of this registry."""
        if server != self.server:
            self.server = server
            self._alarms.clear()
            self._shown.clear()

    def look_up(self, name: str) -> Deferred[ConsultaBemSucedida]:
        """Ask the registry for a name and judge its key: pinned if new; fails with CallError."""
        return self._asked(name).addCallback(self._judged)

    def find(self, name: str) -> Deferred[Party]:
        """The same, as the other end of a call."""
        return self.look_up(name).addCallback(lambda found: Party(found.nome, found.chave))

    def caller(self, name: str) -> Deferred[Party]:
        """Return who calls under this name: by the pinned key, or by a look-up the first time."""
        key = self.key(name)
        return self.find(name) if key is None else succeed(Party(name, key))

    def suspect(self, name: str, genuine: Callable[[Party], bool]) -> Deferred[EndCause]:
        """An invitation is not signed by the pinned key: is it by a key that the registry now has for the
        name?
        """

        def compare(found: ConsultaBemSucedida) -> EndCause:
            if self._pins.judge(self.server, name, found.chave) is not Verdict.CHANGED:
                return EndCause.FORGED
            if not genuine(Party(name, found.chave)):
                return EndCause.FORGED
            self._alarm(name, found.chave, calling=True)
            return EndCause.KEY_CHANGED

        def unknown(failure: Failure) -> EndCause:
            failure.trap(CallError)  # type: ignore[no-untyped-call]
            return EndCause.FORGED

        return self._asked(name).addCallbacks(compare, unknown)

    def accept(self, name: str) -> bool:
        """The person says that the new key is right; False if there is no alarm."""
        if self._alarms.pop(name, None) is None:
            return False
        self._pins.accept(self.server, name, self._shown.pop(name))
        self._told(name)
        return True

    def keep(self, name: str) -> bool:
        """The person says that the former key is right: the next attempt alarms again; False if there is no
        alarm.
        """
        if self._alarms.pop(name, None) is None:
            return False
        del self._shown[name]
        self._told(name)
        return True

    def _asked(self, name: str) -> Deferred[ConsultaBemSucedida]:
        return self._ask(PedidoConsulta(name)).addCallbacks(_found, _no_answer)

    def _judged(self, found: ConsultaBemSucedida) -> ConsultaBemSucedida:
        verdict = self._pins.judge(self.server, found.nome, found.chave)
        if verdict is Verdict.CHANGED:
            self._alarm(found.nome, found.chave, calling=False)
            raise CallError(EndCause.KEY_CHANGED)
        if verdict is Verdict.NEW:
            self._pins.accept(self.server, found.nome, found.chave)
            self._told(found.nome)
        return found

    def _alarm(self, name: str, key: bytes, calling: bool) -> None:
        pinned = self.key(name) or b""
        self._shown[name] = key
        self._alarms[name] = KeyAlarm(name, readable_key(pinned), readable_key(key), self._wall(), calling)
        if len(self._alarms) > MOST_ALARMS:
            oldest = next(iter(self._alarms))
            del self._alarms[oldest], self._shown[oldest]
        self._told(name)


def _found(answer: Message) -> ConsultaBemSucedida:
    if not isinstance(answer, ConsultaBemSucedida):
        raise CallError(EndCause.NOT_FOUND)
    return answer


def _no_answer(failure: Failure) -> Failure:
    error = failure.value
    if isinstance(error, RefusedError):
        cause = ERRORS.get(Codigo(error.erro.codigo), EndCause.FAULT)
        raise CallError(cause, error.erro.motivo)
    if isinstance(error, AskError):
        raise CallError(EndCause.SERVER_GONE)
    return failure  # a fault of ours: let it be seen
