"""The journal: what people see of messages and table, in batches, without secrets."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from registro import journal, printer
from registro.journal import Journal, shortened, table_text
from registro.printer import WAITING, Printer, RotatedFile


class TextTests(SynchronousTestCase):
    """One message as text."""

    def test_shortened(self) -> None:
        """Keys and signatures are cut, secrets are out, the rest stands as it was sent."""
        line = b"X 1 nome=ana chave=0123456789ab sig=ABCDEFGHIJKL senha=segredo motivo=a%20b dado=abcdefghi\n"
        self.assertEqual(
            shortened(line), "X 1 nome=ana chave=01234567… sig=ABCDEFGH… senha=… motivo=a%20b dado=abcdefgh…"
        )

    @given(st.binary(max_size=600))
    def test_harmless(self, line: bytes) -> None:
        """Whatever a stranger sends, nothing that a terminal would obey is shown, and not without end."""
        text = shortened(line)
        self.assertTrue(text.isprintable())
        self.assertLessEqual(len(text), 500)

    def test_table(self) -> None:
        """The table has name, address, port and state; after 50 rows a count."""
        rows = [(f"nome{number}", "192.0.2.1", number, "livre") for number in range(60)]
        text = table_text(rows)
        self.assertIn("nome49", text)
        self.assertNotIn("nome50", text)
        self.assertIn("… e mais 10", text)
        self.assertTrue(text.endswith("60 na tabela"))
        self.assertIn("0 na tabela", table_text([]))


class BatchTests(SynchronousTestCase):
    """Batches of 300 ms."""

    def setUp(self) -> None:
        """Start a journal with one screen."""
        self.clock = Clock()
        self.journal = Journal(self.clock, lambda: 0.0)
        self.shown: list[str] = []
        self.journal.screens.append(self.shown.append)
        self.journal.start()

    def test_one_text_a_batch(self) -> None:
        """What comes within 300 ms is shown at once, in order, with the table at most once."""
        self.journal.table = lambda: [("ana", "192.0.2.1", 5, "livre")]
        self.journal.note("<", "ana", b"VIVO 1 t=1\n")
        self.journal.table_changed()
        self.journal.note(">", "ana", b"VIVO-OK 1 t=1\nX 0\n", 2)
        self.journal.table_changed()
        self.clock.advance(0.29)
        self.assertEqual(self.shown, [])
        self.clock.advance(0.02)
        (text,) = self.shown
        lines = [line.partition(" ")[2] for line in text.splitlines()[:3]]
        self.assertEqual(lines, ["< ana: VIVO 1 t=1", "> ana: VIVO-OK 1 t=1", "> ana: X 0"])
        self.assertEqual(text.count("na tabela"), 1)
        self.clock.advance(1)
        self.assertEqual(len(self.shown), 1)

    def test_too_many(self) -> None:
        """Of very many messages a part is shown, and the number of the others."""
        for _ in range(journal.SHOWN + 7):
            self.journal.note("<", "ana", b"VIVO 1 t=1\n")
        self.clock.advance(0.3)
        self.assertEqual(self.shown[0].count("VIVO"), journal.SHOWN)
        self.assertIn("… e mais 7 mensagens", self.shown[0])

    def test_since(self) -> None:
        """Readers get what is newer than they know, numbered, from a ring."""
        told: list[int] = []
        self.journal.readers.append(lambda: told.append(1))
        for number in range(3):
            self.journal.note("<", "ana", b"VIVO %d t=1\n" % number)
        self.journal.note(">", "bia", b"A 1\nB 2\n", 2)
        self.clock.advance(0.3)
        self.assertEqual(
            [(r.number, r.verb) for r in self.journal.since(2)], [(3, "VIVO"), (4, "A"), (5, "B")]
        )
        self.assertEqual([r.number for r in self.journal.since(4)], [5])
        self.assertEqual((self.journal.since(5), told), ([], [1]))
        for _ in range(journal.KEPT + 50):
            self.journal.note("<", "ana", b"VIVO 1 t=1\n")
        self.journal.flush()
        self.assertEqual(len(self.journal.since(0)), journal.KEPT)

    def test_stop(self) -> None:
        """What is left is shown when it stops."""
        self.journal.note("<", "ana", b"VIVO 1 t=1\n")
        self.journal.stop()
        self.assertEqual(len(self.shown), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class PrinterTests(SynchronousTestCase):
    """Where the text goes."""

    def test_slow_reader(self) -> None:
        """A screen that does not take its text holds nobody up: what is too much is lost and counted."""
        free, written = Event(), list[str]()

        def write(text: str) -> None:
            free.wait(5)
            written.append(text)

        made = Printer(write)
        made.start()
        for number in range(WAITING + 10):
            made(str(number))
        self.assertIn(made.lost, (9, 10))
        free.set()
        made.stop()
        self.assertEqual(len(written), WAITING + 10 - made.lost)

    def test_broken(self) -> None:
        """A screen that is gone is no reason to stop."""

        def write(text: str) -> None:
            raise OSError(text)

        made = Printer(write)
        made.start()
        made("a")
        made.stop()
        self.assertEqual(made.lost, 1)

    def test_rotated(self) -> None:
        """The file is changed when it is full, and so many are kept."""
        self.patch(printer, "FILE_SIZE", 1000)
        path = Path(self.mktemp())
        write = RotatedFile(path)
        self.addCleanup(write.close)
        for _ in range(100):
            write("100% " + "x" * 95 + "\n")
        self.assertLessEqual(path.stat().st_size, 1000)
        self.assertEqual(len(list(path.parent.glob(path.name + "*"))), printer.FILES + 1)
        self.assertTrue(path.read_text(encoding="utf-8").startswith("100% x"))
