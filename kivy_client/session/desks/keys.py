"""Export and import of the identity: the slow part in a thread, the outcome in the state."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from twisted.python.failure import Failure

from kivy_client.session.files import write_atomically, write_new
from kivy_client.session.identity import Identity, NotAnIdentityError, WrongPassphraseError
from kivy_client.session.identity import replace as replace_identity
from kivy_client.session.session import Session
from kivy_client.session.vocabulary import IdentityTask

T = TypeVar("T")

LARGEST_FILE = 64 * 1024

#: What went wrong, by the class of the error.
FAILURES: tuple[tuple[type[Exception], IdentityTask], ...] = (
    (WrongPassphraseError, IdentityTask.WRONG_PHRASE),
    (NotAnIdentityError, IdentityTask.NOT_AN_IDENTITY),
    (FileExistsError, IdentityTask.FILE_EXISTS),
    (OSError, IdentityTask.FILE_FAILED),
)


def exported(session: Session, path: Path, passphrase: str, replace: bool) -> None:
    """Start to write the identity, locked, to a file; one that is there stays, unless `replace` says so."""
    identity = session.registry.identity
    write = write_atomically if replace else write_new

    def work() -> None:
        write(path, identity.locked(passphrase))

    _start(session, path, work, lambda _: _show(session, IdentityTask.EXPORTED))


def imported(session: Session, path: Path, passphrase: str) -> None:
    """Start to read an identity from a file, to be used from then on."""

    def work() -> Identity:
        with path.open("rb") as file:
            identity = Identity.unlocked(file.read(LARGEST_FILE), passphrase)
        replace_identity(session.identity_file, identity)
        return identity

    def use(identity: Identity) -> None:
        session.use_identity(identity)
        _show(session, IdentityTask.IMPORTED)

    _start(session, path, work, use)


def _start(session: Session, path: Path, work: Callable[[], T], done: Callable[[T], None]) -> None:
    view = session.display.state.identity
    session.display.put(identity=dataclasses.replace(view, task=IdentityTask.RUNNING, file=str(path)))

    def failed(failure: Failure) -> None:
        task = next((task for kind, task in FAILURES if isinstance(failure.value, kind)), None)
        _show(session, task or IdentityTask.FILE_FAILED)
        if task is None:
            failure.raiseException()

    session.outside.in_thread(work).addCallbacks(done, failed)


def _show(session: Session, task: IdentityTask) -> None:
    session.display.put(identity=dataclasses.replace(session.display.state.identity, task=task))
