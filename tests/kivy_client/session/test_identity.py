"""The person's key: made once, kept private, carried under a passphrase."""

import base64
import json
import stat
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.boundary import NoFace
from kivy_client.session.compose import Choices, build
from kivy_client.session.controller import Controller
from kivy_client.session.files import write_atomically
from kivy_client.session.identity import (
    FILE,
    BrokenIdentityError,
    Identity,
    NotAnIdentityError,
    WrongPassphraseError,
    load_or_make,
)
from kivy_client.session.results import IdentityResult
from kivy_client.session.vocabulary import IdentityTask, Link, Trouble
from registro.wire.messages import PedidoRegistro
from tests.support.client_world import ClientWorld, FakeSounds

PHRASE = "cavalo correto bateria grampo"


class FileTests(SynchronousTestCase):
    """The file of the state directory."""

    def setUp(self) -> None:
        """An empty folder."""
        self.path = Path(self.mktemp()) / FILE

    def test_made_once(self) -> None:
        """The first start makes a key, later ones use it; it is its owner's alone."""
        first = load_or_make(self.path)
        self.assertEqual(first.public, load_or_make(self.path).public)
        self.assertEqual(0o600, stat.S_IMODE(self.path.stat().st_mode))
        self.assertNotEqual(first.public, Identity.made().public)

    def test_a_broken_file_is_not_replaced(self) -> None:
        """A name belongs to its key: a broken file is an error, never silently another identity."""
        for content in (b"", b"x", b"AAAA", b"\xff" * 44):
            write_atomically(self.path, content)
            self.assertRaises(BrokenIdentityError, load_or_make, self.path)
            self.assertEqual(content, self.path.read_bytes())


class AnewTests(SynchronousTestCase):
    """A window whose person's key is broken."""

    def client(self, content: bytes, anew: bool) -> Controller:
        """A client of a folder whose identity holds this."""
        self.folder = Path(self.mktemp())
        write_atomically(self.folder / FILE, content)
        return build(Clock(), NoFace(), Choices(folder=self.folder, sounds=FakeSounds(), anew=anew))

    def test_anew(self) -> None:
        """The broken file is set aside and named, there is a fresh key, and nobody is told of it."""
        client = self.client(b"x", anew=True)
        problem = client.session.display.state.problems[-1]
        self.assertEqual(Trouble.IDENTITY_BROKEN, problem.trouble)
        self.assertEqual(b"x", (self.folder / problem.detail).read_bytes())
        self.assertTrue(client.bereft)
        self.assertEqual(load_or_make(self.folder / FILE).public, client.session.registry.identity.public)
        client.dismiss(problem.number)
        self.assertFalse(client.bereft)

    def test_a_person_who_was_here(self) -> None:
        """Their server and name are shown as stopped by it, nothing is sent, and the imported key goes in."""
        world = ClientWorld(Path(self.mktemp()), self.patch)
        world.online("ana")
        exported = Path(self.mktemp())
        world.client.export_identity(str(exported), PHRASE)
        world.client.stop()
        world.wait(1)
        world.start()
        before = len(world.network.connections)
        world.client.bereave("identidade.chave.quebrado-1")
        world.turn()
        shown = world.state.connection
        self.assertEqual((Link.STOPPED, Trouble.IDENTITY_BROKEN), (shown.link, shown.trouble))
        self.assertEqual("ana", shown.name)
        self.assertEqual(before, len(world.network.connections))
        world.client.import_identity(str(exported), PHRASE)
        world.turn()
        self.assertEqual(before + 1, len(world.network.connections))
        self.assertEqual("ana", world.heard(PedidoRegistro).nome)

    def test_not_anew(self) -> None:
        """A program that nobody looks at changes nothing."""
        self.assertRaises(BrokenIdentityError, self.client, b"x", anew=False)
        self.assertEqual([FILE], [path.name for path in self.folder.iterdir()])

    def test_a_good_one(self) -> None:
        """A key that can be read is used as it is."""
        client = self.client(base64.b64encode(bytes(32)), anew=True)
        self.assertFalse(client.bereft)
        self.assertEqual(Identity(bytes(32)).public, client.session.registry.identity.public)


class CarryingTests(SynchronousTestCase):
    """Exported files."""

    def test_there_and_back(self) -> None:
        """The passphrase opens it, typed in either way of writing an accent; another one does not."""
        identity = Identity.made()
        content = identity.locked("coração azul")
        self.assertEqual(identity.public, Identity.unlocked(content, "coração azul").public)
        self.assertRaises(WrongPassphraseError, Identity.unlocked, content, "coracao azul")
        self.assertNotIn(identity._seed, content)

    def test_a_changed_file(self) -> None:
        """Any change of what is authenticated is noticed."""
        content = json.loads(Identity.made().locked(PHRASE))
        content["scrypt"]["r"] = 9
        self.assertRaises(WrongPassphraseError, Identity.unlocked, json.dumps(content).encode(), PHRASE)

    def test_a_cost_that_eats_the_machine(self) -> None:
        """A file that asks for absurd work is no identity."""
        content = json.loads(Identity.made().locked(PHRASE))
        for cost in ({"n": 2**40, "r": 8, "p": 1}, {"n": 3, "r": 8, "p": 1}, {"n": 2, "r": 0, "p": 1}):
            content["scrypt"] = cost
            self.assertRaises(NotAnIdentityError, Identity.unlocked, json.dumps(content).encode(), PHRASE)

    @given(st.binary(max_size=300))
    @settings(max_examples=100, deadline=None)
    def test_junk(self, content: bytes) -> None:
        """Junk is no identity, and nothing worse."""
        self.assertRaises(NotAnIdentityError, Identity.unlocked, content, PHRASE)


class CommandTests(SynchronousTestCase):
    """What a person does with it."""

    def setUp(self) -> None:
        """A client that is online."""
        self.world = ClientWorld(Path(self.mktemp()), self.patch)
        self.client = self.world.client
        self.file = Path(self.mktemp())

    def task(self) -> IdentityTask:
        """How the last export or import ended."""
        self.world.turn()
        return self.world.state.identity.task

    def test_export_and_import(self) -> None:
        """An exported key is used after the import, connects anew with it, and the former file is kept."""
        self.world.online()
        self.assertEqual(IdentityResult.STARTED, self.client.export_identity(str(self.file), PHRASE))
        self.assertEqual(IdentityTask.EXPORTED, self.task())
        shown = self.world.state.identity.fingerprint
        other = Identity.made()
        write_atomically(self.file, other.locked(PHRASE))
        self.client.import_identity(str(self.file), PHRASE)
        self.assertEqual(IdentityTask.IMPORTED, self.task())
        self.assertNotEqual(shown, self.world.state.identity.fingerprint)
        self.assertEqual(other.public, self.world.heard(PedidoRegistro).chave)
        self.assertEqual(other.public, load_or_make(self.world.folder / FILE).public)
        self.client.import_identity(str(self.file), PHRASE)
        self.assertEqual(IdentityTask.IMPORTED, self.task())
        former = load_or_make(self.world.folder / f"{FILE}.anterior-1")
        self.assertEqual(other.public, former.public)

    def test_what_goes_wrong(self) -> None:
        """A wrong passphrase, a foreign file, no file, and a passphrase that is too short."""
        self.client.export_identity(str(self.file), PHRASE)
        self.client.import_identity(str(self.file), PHRASE + "!")
        self.assertEqual(IdentityTask.WRONG_PHRASE, self.task())
        self.client.import_identity(__file__, PHRASE)
        self.assertEqual(IdentityTask.NOT_AN_IDENTITY, self.task())
        self.client.import_identity(str(self.file) + ".nada", PHRASE)
        self.assertEqual(IdentityTask.FILE_FAILED, self.task())
        self.assertEqual(IdentityResult.PHRASE_TOO_SHORT, self.client.export_identity("x", "1234567"))

    def test_a_file_that_is_there(self) -> None:
        """An export leaves a file that is there alone, unless the person said that it may go."""
        self.file.write_bytes(b"outra")
        self.client.export_identity(str(self.file), PHRASE)
        self.assertEqual(IdentityTask.FILE_EXISTS, self.task())
        self.assertEqual(b"outra", self.file.read_bytes())
        self.client.export_identity(str(self.file), PHRASE, replace=True)
        self.assertEqual(IdentityTask.EXPORTED, self.task())
        self.assertEqual(0o600, self.file.stat().st_mode & 0o777)
        self.client.import_identity(str(self.file), PHRASE)
        self.assertEqual(IdentityTask.IMPORTED, self.task())
