"""Finding the programs that the registry is compared with."""

from __future__ import annotations

from twisted.trial import unittest

from bench.registro import packages


class PackagesTests(unittest.SynchronousTestCase):
    """What is there, and what is said when it is not."""

    def _without(self, *programs: str) -> None:
        self.patch(packages, "located", lambda program: None if program in programs else "/usr/bin/true")
        self.patch(packages, "HEADERS", {})

    def test_nothing_missing(self) -> None:
        """Where all is installed nothing is asked of the system and nothing is said."""
        self._without()
        self.patch(packages, "_install", self.fail)
        self.assertIsNone(packages.provide())

    def test_not_root(self) -> None:
        """Whoever may not install is told the packages' names in one sentence, and measures without them."""
        self._without("murmurd")
        self.patch(packages.os, "geteuid", lambda: 1000)
        self.assertEqual(
            packages.provide(),
            "Not compared with everything: install mumble-server (Debian's names) first.",
        )

    def test_refused(self) -> None:
        """A failed installation is one sentence too, and its policy about services goes again."""
        self._without("kamailio")
        policy = packages.Path(self.mktemp())
        seen: list[bool] = []

        def refuse(_names: object) -> bool:
            seen.append(policy.exists())
            return False

        self.patch(packages, "POLICY", policy)
        self.patch(packages, "_install", refuse)
        self.patch(packages.os, "geteuid", lambda: 0)
        self.patch(packages.shutil, "which", lambda _name: "/usr/bin/apt-get")
        self.assertEqual(
            packages.provide(),
            "Not compared with everything: apt-get could not install kamailio kamailio-tls-modules.",
        )
        self.assertEqual((seen, policy.exists()), ([True], False))
