"""What is kept on disk: whole or not at all, private, and set aside when broken."""

import json
import os
import stat
from dataclasses import fields
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.contacts import Contacts
from kivy_client.session.files import JsonFile, write_atomically
from kivy_client.session.history import MOST_ENTRIES, History
from kivy_client.session.pins import KeyPins, ServerPins, Verdict
from kivy_client.session.settings import AccountFile, Remembered, SettingsFile, valid
from kivy_client.session.state import Contact, Settings
from kivy_client.session.vocabulary import EndCause, HistoryKind, Latency, Presence, Theme, Trouble

SERVER = "exemplo:5000"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


class FolderCase(SynchronousTestCase):
    """A folder, and troubles that are noted."""

    def setUp(self) -> None:
        """An empty folder."""
        self.folder = Path(self.mktemp())
        self.troubles: list[tuple[Trouble, str]] = []

    def trouble(self, trouble: Trouble, detail: str) -> None:
        """Note a trouble."""
        self.troubles.append((trouble, detail))


class AtomicTests(FolderCase):
    """Files."""

    def test_private(self) -> None:
        """Files and their folder are for their owner alone."""
        path = self.folder / "x"
        write_atomically(path, b"segredo")
        self.assertEqual(0o600, stat.S_IMODE(path.stat().st_mode))
        self.assertEqual(0o700, stat.S_IMODE(self.folder.stat().st_mode))

    def test_a_failure_changes_nothing(self) -> None:
        """When writing fails the former content is there, and nothing else."""
        path = self.folder / "x"
        write_atomically(path, b"antes")
        self.patch(os, "fsync", self.no_space)
        self.assertRaises(OSError, write_atomically, path, b"depois")
        self.assertEqual(b"antes", path.read_bytes())
        self.assertEqual(["x"], [one.name for one in self.folder.iterdir()])

    @staticmethod
    def no_space(_: int) -> None:
        """Be a full disk."""
        raise OSError(28, "No space left on device")

    def test_a_full_disk_is_told(self) -> None:
        """A store that cannot write says so and goes on."""
        file = JsonFile(self.folder / "x.json", self.trouble)
        self.patch(os, "fsync", self.no_space)
        self.assertFalse(file.save({}))
        self.assertEqual([(Trouble.FILE_NOT_WRITTEN, "x.json: No space left on device")], self.troubles)

    def test_a_broken_file_is_set_aside(self) -> None:
        """A broken file is kept under another name each time, and told."""
        for number in (1, 2):
            write_atomically(self.folder / "x.json", b"{nada")
            self.assertEqual([], JsonFile(self.folder / "x.json", self.trouble).load(list, []))
            aside = self.folder / f"x.json.quebrado-{number}"
            self.assertEqual(b"{nada", aside.read_bytes())
            self.assertEqual((Trouble.FILE_SET_ASIDE, aside.name), self.troubles[-1])


class StoreTests(FolderCase):
    """What each store keeps over a restart."""

    def test_server_pins(self) -> None:
        """Fingerprints of servers."""
        pins = ServerPins(self.folder, self.trouble)
        pins.accept(SERVER, "a" * 52)
        self.assertEqual("a" * 52, ServerPins(self.folder, self.trouble).of(SERVER))
        self.assertTrue(pins.forget(SERVER))
        self.assertFalse(pins.forget(SERVER))
        self.assertIsNone(ServerPins(self.folder, self.trouble).of(SERVER))

    def test_key_pins(self) -> None:
        """Keys of people, per registry; judging changes nothing."""
        pins = KeyPins(self.folder, self.trouble)
        self.assertEqual(Verdict.NEW, pins.judge(SERVER, "ana", b"k" * 32))
        pins.accept(SERVER, "ana", b"k" * 32)
        again = KeyPins(self.folder, self.trouble)
        self.assertEqual(Verdict.SAME, again.judge(SERVER, "ana", b"k" * 32))
        self.assertEqual(Verdict.CHANGED, again.judge(SERVER, "ana", b"x" * 32))
        self.assertEqual(Verdict.NEW, again.judge("outro:5000", "ana", b"x" * 32))
        self.assertEqual(b"k" * 32, again.of(SERVER, "ana"))

    def test_contacts(self) -> None:
        """What is kept about a name; a contact that says nothing is none."""
        contacts = Contacts(self.folder, self.trouble)
        self.assertTrue(contacts.change(SERVER, "joão", favourite=True, gain_db=3.0))
        self.assertFalse(contacts.change(SERVER, "joão", favourite=True))
        again = Contacts(self.folder, self.trouble)
        self.assertEqual(Contact("joão", favourite=True, gain_db=3.0), again.get(SERVER, "joão"))
        again.change(SERVER, "joão", favourite=False, gain_db=0.0)
        self.assertEqual({}, Contacts(self.folder, self.trouble).of(SERVER))

    def test_history(self) -> None:
        """Calls by time, the newest first, at most 500; missed ones are unseen."""
        history = History(self.folder, self.trouble)
        for when in range(MOST_ENTRIES + 5):
            history.add(SERVER, HistoryKind.MADE, "ana", float(when), EndCause.BUSY)
        history.add(SERVER, HistoryKind.MISSED_AWAY, "bia", 100.5, EndCause.MISSED)
        again = History(self.folder, self.trouble)
        entries = again.of(SERVER)
        self.assertEqual(MOST_ENTRIES, len(entries))
        self.assertEqual(sorted((entry.when for entry in entries), reverse=True), [e.when for e in entries])
        self.assertEqual(1, again.missed(SERVER))
        self.assertTrue(again.seen(SERVER))
        self.assertFalse(again.seen(SERVER))
        self.assertTrue(again.remove(SERVER, entries[0].number))
        self.assertFalse(again.remove(SERVER, entries[0].number))
        newest = again.add(SERVER, HistoryKind.MADE, "ana", 9e9, EndCause.BUSY)
        self.assertGreater(newest.number, max(entry.number for entry in entries))
        self.assertTrue(again.clear(SERVER))
        self.assertEqual((), History(self.folder, self.trouble).of(SERVER))

    def test_settings(self) -> None:
        """Every setting survives a restart."""
        chosen = Settings(
            microphone="mic",
            theme=Theme.CONTRAST,
            latency=Latency.LOW,
            font_scale=1.5,
            ring_volume=0.0,
            language="en",
            keep_messages=True,
        )
        self.assertTrue(SettingsFile(self.folder, self.trouble).save(chosen))
        self.assertEqual(chosen, SettingsFile(self.folder, self.trouble).settings)

    def test_settings_of_another_version(self) -> None:
        """Unknown keys are passed over, missing ones have their default."""
        write_atomically(self.folder / SettingsFile.FILE, b'{"theme": "escuro", "novidade": 1}')
        self.assertEqual(Settings(theme=Theme.DARK), SettingsFile(self.folder, self.trouble).settings)
        self.assertEqual([], self.troubles)

    def test_settings_out_of_range(self) -> None:
        """Values that make no sense are not taken, from a person or from a file."""
        for bad in (
            Settings(font_scale=9),
            Settings(ring_volume=-1),
            Settings(language="tlh"),
            Settings(ringtone="../x"),
            Settings(microphone="x" * 1000),
        ):
            self.assertFalse(valid(bad))
        self.assertTrue(valid(Settings()))
        write_atomically(self.folder / SettingsFile.FILE, b'{"font_scale": 50}')
        self.assertEqual(Settings(), SettingsFile(self.folder, self.trouble).settings)
        self.assertEqual(1, len(self.troubles))

    def test_account(self) -> None:
        """The account used last, and what the person said to be."""
        account = Remembered("sala://x:5000/", "ana", Presence.DO_NOT_DISTURB, 5.5)
        AccountFile(self.folder, self.trouble).save(account)
        self.assertEqual(account, AccountFile(self.folder, self.trouble).account)


class JunkTests(FolderCase):
    """Files that hold something else."""

    STORES: tuple[Any, ...] = (ServerPins, KeyPins, Contacts, History, SettingsFile, AccountFile)

    def setUp(self) -> None:
        """Do not wait for the disk."""
        super().setUp()
        self.patch(os, "fsync", lambda _: None)

    @given(JSON)
    @settings(max_examples=150, deadline=None)
    def test_any_json(self, content: object) -> None:
        """Whatever JSON a file holds, the program starts; what it cannot use it sets aside."""
        for store in self.STORES:
            path = self.folder / store.FILE
            write_atomically(path, json.dumps(content).encode())
            store(self.folder, self.trouble)
            for left in self.folder.iterdir():
                left.unlink()

    @given(st.binary(max_size=200))
    @settings(max_examples=60, deadline=None)
    def test_any_bytes(self, content: bytes) -> None:
        """The same for bytes that are no JSON at all."""
        for store in self.STORES:
            write_atomically(self.folder / store.FILE, content)
            store(self.folder, self.trouble)
            for left in self.folder.iterdir():
                left.unlink()

    def test_wrong_types_inside(self) -> None:
        """Right keys with wrong values are broken, not half taken."""
        entry = {"name": "ana", "favourite": "sim"}
        write_atomically(self.folder / Contacts.FILE, json.dumps({SERVER: [entry]}).encode())
        self.assertEqual({}, Contacts(self.folder, self.trouble).of(SERVER))
        self.assertEqual(1, len(self.troubles))
        for field in fields(Settings):
            write_atomically(self.folder / SettingsFile.FILE, json.dumps({field.name: [1]}).encode())
            self.assertEqual(Settings(), SettingsFile(self.folder, self.trouble).settings)
