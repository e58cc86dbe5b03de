"""The gate: which certificate is the right one for a server, and what to ask or refuse when it is not."""

from dataclasses import dataclass, replace

from kivy_client.session.fingerprints import fingerprint_words
from kivy_client.session.pins import ServerPins
from kivy_client.session.state import ServerQuestion
from registro.wire.address import ServerAddress
from registro.wire.fields import grouped


@dataclass(frozen=True, slots=True)
class Account:
    """Where to connect, and as whom; `invitation` is the operator's secret for new names, empty for none."""

    address: ServerAddress
    name: str
    invitation: bytes = b""

    @property
    def server(self) -> str:
        """`host:port`, by which pins are kept."""
        return f"{self.address.host.lower()}:{self.address.port}"

    @property
    def plain_address(self) -> str:
        """The address without a fingerprint, for people."""
        return str(replace(self.address, fingerprint=None))


class Gate:
    """Judges the certificate of one attempt after the other."""

    def __init__(self, pins: ServerPins) -> None:
        self._pins = pins
        self._account: Account | None = None
        self._shown = ""

    def begin(self, account: Account) -> None:
        """An attempt at this server begins; nothing was shown yet."""
        self._account, self._shown = account, ""

    def judge(self, fingerprint: str) -> bool:
        """Say whether this is the server that was accepted; called inside the TLS handshake."""
        self._shown = fingerprint
        return self._right()

    def _expected(self) -> tuple[str, ...]:
        """Return the pins that must match: that of the address and that of the first contact."""
        assert self._account is not None
        pins = (self._account.address.fingerprint, self._pins.of(self._account.server))
        return tuple(pin for pin in pins if pin)

    def _right(self) -> bool:
        expected = self._expected()
        return bool(expected) and all(pin == self._shown for pin in expected)

    def question(self) -> ServerQuestion | None:
        """After a failed attempt: what to ask or to refuse; None if it did not fail by its certificate."""
        if not self._shown or self._right():
            return None
        assert self._account is not None
        former = next((pin for pin in self._expected() if pin != self._shown), "")
        shown = self._shown
        return ServerQuestion(
            self._account.plain_address, grouped(shown), fingerprint_words(shown), grouped(former)
        )

    def passed(self) -> None:
        """TLS is complete: a server whose address named its fingerprint is pinned by it."""
        assert self._account is not None
        if self._account.address.fingerprint:
            self._pins.accept(self._account.server, self._account.address.fingerprint)

    def trust(self) -> None:
        """The person accepts what was shown."""
        assert self._account is not None
        self._pins.accept(self._account.server, self._shown)

    def share_link(self) -> str:
        """Return the link that brings others to the same server."""
        if self._account is None:
            return ""
        address = self._account.address
        pin = None if address.ca else address.fingerprint or self._pins.of(self._account.server)
        return str(replace(address, fingerprint=pin))
