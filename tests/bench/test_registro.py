"""The registry bench's own logic: reports of the load client, comparing, its options and its C programs."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from twisted.trial import unittest

from bench.common.figures import Goal, Verdict
from bench.common.page import BEGIN, END
from bench.common.process import BenchError
from bench.registro.__main__ import options
from bench.registro.bench import compared
from bench.registro.build import PROGRAMS, SOURCES, compiled
from bench.registro.load import Report, Round, parse_report
from bench.registro.renewal import renew
from bench.registro.rows import ROWS

REPORT = Report(
    done=300,
    seconds=2.0,
    wrong=0,
    lost=0,
    skipped=0,
    pushes=7,
    bytes=9,
    users=2,
    p50_ms=1.0,
    p99_ms=2.0,
    max_ms=3.0,
    first_wrong="",
)
COUNTED = asdict(REPORT)


class RenewalTests(unittest.SynchronousTestCase):
    """Rows that are measured again."""

    def test_only_these(self) -> None:
        """The rows measured again replace those of their name in their place; the others stay as they are."""
        page = Path(self.mktemp())
        table = "| row | figure of | median | rounds | goal | |\n| - | - | - | - | - | - |\n"
        older = table + "".join(f"| {name} | antes | 1 | | | - |\n" for name in ("a", "b", "b", "c"))
        page.write_text(f"# x\n\n{BEGIN}\n\numa máquina.\n\n{older}\n{END}\n\nfim\n")
        for figure in ("2", "3"):
            renew(page, "outra.", table + f"| b | depois | {figure} | | | ok |\n| d | novo | 4 | | | ok |\n")
        lines = page.read_text().splitlines()
        rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in lines if line.startswith("| ")]
        self.assertEqual(
            rows[2:], [["a", "antes", "1"], ["b", "depois", "3"], ["c", "antes", "1"], ["d", "novo", "4"]]
        )
        self.assertEqual(
            [line for line in lines if "." in line], ["uma máquina.", "Measured again: b, d. outra."]
        )
        self.assertEqual((lines[0], lines[-1]), ("# x", "fim"))


class ReportTests(unittest.SynchronousTestCase):
    """What the load client says."""

    def test_read(self) -> None:
        """A whole report is read; more fields than are known do no harm."""
        self.assertEqual(parse_report(json.dumps(COUNTED | {"new": 1}).encode()), REPORT)

    def test_refused(self) -> None:
        """A report that is cut, lacks a field or is no object is a BenchError, never a figure."""
        partial = json.dumps({key: value for key, value in COUNTED.items() if key != "wrong"})
        for line in (b"", b'{"done": 3', b"[]", partial.encode()):
            with self.assertRaises(BenchError):
                parse_report(line)

    def test_rate_of_cpu(self) -> None:
        """The rate is per second of the server's CPU, whatever time went by."""
        self.assertEqual(Round(REPORT, cpu=1.5).per_cpu_second, 200)
        self.assertEqual(Round(REPORT, cpu=0.0).per_cpu_second, 0)


class ComparedTests(unittest.SynchronousTestCase):
    """Figures and ratios of one row."""

    def test_ratio_and_goal(self) -> None:
        """Each server has its figure, and ours its ratio to every other, judged by the goal."""
        found = {"sala": [20.0, 40.0, 30.0], "C": [100.0, 100.0, 100.0]}
        lines = compared("row", "what", found, {"C": Goal(least=0.27), "Kamailio": Goal(least=9)})
        self.assertEqual([line.what for line in lines], ["what, sala", "what, C", "what, sala / C"])
        self.assertEqual([line.spread.middle for line in lines], [30.0, 100.0, 0.3])
        self.assertIs(lines[-1].verdict, Verdict.REACHED)


class OptionsTests(unittest.SynchronousTestCase):
    """The command line."""

    def test_some_rows(self) -> None:
        """--so may be given more than once and names rows."""
        chosen = options(["--curto", "--so", "consulta", "--so", "diario"])
        self.assertEqual((chosen.curto, chosen.so), (True, ["consulta", "diario"]))

    def test_unknown_row(self) -> None:
        """A row that does not exist ends the program with a usage message."""
        with self.assertRaises(SystemExit):
            options(["--so", "nada"])

    def test_every_row_says_what_it_is(self) -> None:
        """The sentence printed before a row is its docstring."""
        for name, row in ROWS.items():
            self.assertTrue(row.__doc__, name)


class BuildTests(unittest.SynchronousTestCase):
    """The C programs."""

    def test_every_source_is_used(self) -> None:
        """No C file lies about that nothing compiles."""
        used = {source for sources in PROGRAMS.values() for source in sources} | {"net.c", "wire.c"}
        self.assertEqual({path.name for path in SOURCES.glob("*.c")}, used)

    def test_compiles(self) -> None:
        """Both programs compile where there is a compiler and OpenSSL's headers."""
        if not shutil.which("gcc") or not Path("/usr/include/openssl/ssl.h").exists():
            raise unittest.SkipTest("no gcc or no OpenSSL headers")
        folder = Path(self.mktemp())
        folder.mkdir()
        for name in PROGRAMS:
            self.assertTrue(compiled(name, folder).exists())
