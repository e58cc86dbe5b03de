"""The controller: all desks of one session in one object, which is what a face is given as its `Commands`."""

from contextlib import suppress

from kivy_client.session.boundary import Commands
from kivy_client.session.desks.calls import CallDesk
from kivy_client.session.desks.connection import ConnectionDesk, read_address
from kivy_client.session.desks.people import PeopleDesk
from kivy_client.session.desks.program import ProgramDesk
from kivy_client.session.gate import Account
from kivy_client.session.results import ConnectResult
from kivy_client.session.vocabulary import Trouble
from registro.wire.address import AddressError


class Controller(ConnectionDesk, CallDesk, PeopleDesk, ProgramDesk):
    """Everything a person can do."""

    @property
    def commands(self) -> Commands:
        """This object as what a face is given; the type checker compares the two here."""
        return self

    @property
    def bereft(self) -> bool:
        """The person's key was lost with its file, and they have not read so yet: nothing is to be sent."""
        return any(
            problem.trouble is Trouble.IDENTITY_BROKEN for problem in self.session.display.state.problems
        )

    def bereave(self, aside: str) -> None:
        """The person's key was broken, and is set aside: show who they were here; say nothing."""
        session, account = self.session, self.session.account.account
        session.trouble(Trouble.IDENTITY_BROKEN, aside)
        with suppress(AddressError):
            known = Account(read_address(account.address), account.name)
            session.registry.hold(known, Trouble.IDENTITY_BROKEN, aside)

    def begin(self) -> ConnectResult:
        """Connect with the account used last; NAME_MISSING where there is none."""
        account = self.session.account.account
        if not account.address:
            return ConnectResult.NAME_MISSING
        return self.connect(account.address, account.name)
