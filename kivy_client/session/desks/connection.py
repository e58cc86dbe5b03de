"""Commands about the server, the presence and the identity."""

from dataclasses import replace
from pathlib import Path

from kivy_client.session.desks.base import Desk
from kivy_client.session.desks.keys import exported, imported
from kivy_client.session.gate import Account
from kivy_client.session.identity import SHORTEST_PASSPHRASE
from kivy_client.session.results import ConnectResult, Done, IdentityResult
from kivy_client.session.vocabulary import IdentityTask, Link, Presence
from registro.wire.address import AddressError, ServerAddress
from registro.wire.fields import NameError_, canonical_name


def read_address(text: str) -> ServerAddress:
    """Read `host`, `host:port`, an IPv6 address or a `sala://` link; raises AddressError."""
    text = text.strip()
    if "://" in text:
        return ServerAddress.parse(text)
    if text.count(":") > 1 and not text.startswith("["):
        text = f"[{text}]"
    return ServerAddress.parse(f"sala://{text}")


class ConnectionDesk(Desk):
    """Server, presence, identity."""

    def connect(self, address: str, name: str, invitation: str = "") -> ConnectResult:
        """Connect to this server under this name."""
        if self.session.exchange.call is not None:
            return ConnectResult.IN_CALL
        try:
            server = read_address(address)
        except AddressError:
            return ConnectResult.BAD_ADDRESS
        name = name.strip()
        if not name:
            return ConnectResult.NAME_MISSING
        try:
            canonical_name(name)
        except NameError_:
            return ConnectResult.BAD_NAME
        self.session.registry.connect(Account(server, name, invitation.encode()))
        return ConnectResult.STARTED

    def open_link(self, link: str) -> ConnectResult:
        """Connect to this server under the name in use."""
        account = self.session.registry.account
        return self.connect(link, account.name if account is not None else self.session.account.account.name)

    def disconnect(self) -> Done:
        """Say goodbye and stay offline."""
        if self.session.registry.view.link is Link.OFF:
            return Done.NOTHING
        if self.session.exchange.call is not None:
            self.session.exchange.call.hang_up()
        self.session.registry.machine.leave()
        return Done.DONE

    def retry(self) -> Done:
        """Try again now."""
        if self.session.registry.view.link not in (Link.WAITING, Link.STOPPED):
            return Done.NOTHING
        self.session.registry.machine.retry()
        return Done.DONE

    def trust_server(self) -> Done:
        """Accept the fingerprint of a new server."""
        question = self.session.registry.question
        if question is None or question.former:
            return Done.NOTHING
        self.session.registry.trust()
        return Done.DONE

    def refuse_server(self) -> Done:
        """Do not accept it."""
        if self.session.registry.question is None:
            return Done.NOTHING
        self.session.registry.refuse()
        return Done.DONE

    def forget_server(self) -> Done:
        """Forget the accepted fingerprint; an address that names one is asked about again without it."""
        registry = self.session.registry
        account = registry.account
        if account is None or registry.view.link is not Link.STOPPED:
            return Done.NOTHING
        forgotten = self.session.pins.forget(account.server)
        if not forgotten and account.address.fingerprint is None:
            return Done.NOTHING
        registry.account = replace(account, address=replace(account.address, fingerprint=None))
        registry.question = None
        return Done.DONE

    def be_free(self) -> Done:
        """Be free."""
        return self._be(Presence.FREE, None)

    def be_away(self) -> Done:
        """Be away."""
        return self._be(Presence.AWAY, None)

    def do_not_disturb(self, until: float | None = None) -> Done:
        """Let the registry refuse calls."""
        return self._be(Presence.DO_NOT_DISTURB, until)

    def _be(self, presence: Presence, until: float | None) -> Done:
        state = self.session.display.state
        if (state.presence, state.dnd_until) == (presence, until):
            return Done.NOTHING
        self.session.presence.set(presence, until)
        return Done.DONE

    def export_identity(self, path: str, passphrase: str, replace: bool = False) -> IdentityResult:
        """Write the key to a file."""
        answer = self._may_work(passphrase)
        if answer is IdentityResult.STARTED:
            exported(self.session, Path(path), passphrase, replace)
        return answer

    def import_identity(self, path: str, passphrase: str) -> IdentityResult:
        """Use the key of a file."""
        answer = self._may_work(passphrase)
        if answer is IdentityResult.STARTED and self.session.exchange.call is not None:
            answer = IdentityResult.BUSY
        if answer is IdentityResult.STARTED:
            imported(self.session, Path(path), passphrase)
        return answer

    def _may_work(self, passphrase: str) -> IdentityResult:
        if self.session.display.state.identity.task is IdentityTask.RUNNING:
            return IdentityResult.BUSY
        if len(passphrase) < SHORTEST_PASSPHRASE:
            return IdentityResult.PHRASE_TOO_SHORT
        return IdentityResult.STARTED
