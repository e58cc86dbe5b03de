"""Reading /proc."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial import unittest

from bench.common import proc

STAT = "7 ({name}) S 3 7 7 0 -1 4194304 8127 0 0 0 90 12 5 6 20 0 1 0 100 1 2"


class StatTests(unittest.SynchronousTestCase):
    """Lines of stat."""

    def test_parent_and_cpu(self) -> None:
        """The parent and the sum of user and system time are read, not those of waited-for children."""
        self.assertEqual(proc.parse_stat(STAT.format(name="twistd")), (3, 102))

    @given(st.text(max_size=15).filter(lambda name: "\n" not in name))
    def test_any_name(self, name: str) -> None:
        """A program may call itself anything, parentheses and spaces included, without being misread."""
        self.assertEqual(proc.parse_stat(STAT.format(name=name)), (3, 102))

    @given(st.text())
    def test_anything_else(self, text: str) -> None:
        """What is not a line of stat is a ValueError or two numbers, never another exception."""
        try:
            parent, ticks = proc.parse_stat(text)
        except ValueError:
            return
        self.assertIsInstance(parent + ticks, int)


class OtherFilesTests(unittest.SynchronousTestCase):
    """schedstat and smaps_rollup."""

    def test_schedstat(self) -> None:
        """The first of the three numbers is the time on a processor."""
        self.assertEqual(proc.parse_schedstat("722874 75011 1\n"), 722874)

    def test_not_schedstat(self) -> None:
        """Another number of fields is an error."""
        with self.assertRaises(ValueError):
            proc.parse_schedstat("722874")

    def test_pss(self) -> None:
        """Pss is taken, not Rss nor the Pss of a kind."""
        self.assertEqual(proc.parse_pss("0-1 rollup\nRss: 1792 kB\nPss: 342 kB\nPss_Dirty: 9 kB\n"), 342)

    def test_no_pss(self) -> None:
        """A kernel that does not tell is an error, not zero."""
        with self.assertRaises(ValueError):
            proc.parse_pss("Rss: 1792 kB\n")


class DescendantsTests(unittest.SynchronousTestCase):
    """The family of a process."""

    def test_whole_family(self) -> None:
        """Children and grandchildren belong to it, in whatever order they are listed; strangers do not."""
        self.assertEqual(proc.descendants(10, [(12, 11), (11, 10), (20, 1), (10, 1)]), {10, 11, 12})

    def test_a_loop_ends(self) -> None:
        """A listing that changed while it was read, and now goes in a circle, does not hang the reader."""
        self.assertEqual(proc.descendants(10, [(11, 10), (10, 11)]), {10, 11})

    def test_this_process(self) -> None:
        """The living /proc is read: this process has used CPU and memory."""
        if not proc.PROC.joinpath("self", "smaps_rollup").exists():
            raise unittest.SkipTest("no /proc here")
        family = {os.getpid()}
        self.assertGreater(proc.cpu_seconds(family), 0)
        self.assertGreater(proc.pss_kib(family), 0)
        self.assertIn(os.getpid(), proc.tree(os.getpid()))
