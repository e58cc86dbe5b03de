"""What all desks stand on."""

from kivy_client.session.session import Session


class Desk:
    """Commands for one session."""

    def __init__(self, session: Session) -> None:
        self.session = session
