"""The controller: all desks of one session in one object, which is what a face is given as its `Commands`."""

from kivy_client.session.boundary import Commands
from kivy_client.session.desks.calls import CallDesk
from kivy_client.session.desks.connection import ConnectionDesk
from kivy_client.session.desks.people import PeopleDesk
from kivy_client.session.desks.program import ProgramDesk
from kivy_client.session.results import ConnectResult


class Controller(ConnectionDesk, CallDesk, PeopleDesk, ProgramDesk):
    """Everything a person can do."""

    @property
    def commands(self) -> Commands:
        """This object as what a face is given; the type checker compares the two here."""
        return self

    def begin(self) -> ConnectResult:
        """Connect with the account used last; NAME_MISSING where there is none."""
        account = self.session.account.account
        if not account.address:
            return ConnectResult.NAME_MISSING
        return self.connect(account.address, account.name)
