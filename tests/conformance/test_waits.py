"""The slow sentences of sections 3, 7, 8: one test a scenario of ``waits``, which all run together."""

import shutil
import subprocess
import unittest

from tests.conformance import waits
from tests.conformance.case import BEFORE_THE_FIRST

BEFORE_THE_FIRST.append(waits.begin)


class Waits(unittest.TestCase):
    """Named so that trial runs it last: by then most scenarios are over."""

    def test_both_away(self) -> None:
        """An accepted call ends when neither has been connected for 60 s, not while one stays."""
        waits.result(waits.both_away)

    def test_drain_to_the_end(self) -> None:
        """While draining rings end, calls and their legs go on, nobody comes; then all get ENCERRADO."""
        waits.result(waits.drain_to_the_end)

    def test_drain_until_calls_end(self) -> None:
        """The daemon goes as soon as the calls in progress have ended."""
        waits.result(waits.drain_until_calls_end)

    def test_legs_expire(self) -> None:
        """An allocation that is not refreshed is gone after 60 s; one that is refreshed lives."""
        waits.result(waits.legs_expire)

    def test_must_register(self) -> None:
        """A connection that has not registered in 10 s is dropped, though it says VIVO."""
        waits.result(waits.must_register)

    def test_nothing_to_drain(self) -> None:
        """Without calls SIGTERM is AVISO, ENCERRADO encerrando, and the end at once."""
        waits.result(waits.nothing_to_drain)

    def test_ring_times_out(self) -> None:
        """A ring lasts 45 s; then nao-atende to both sides."""
        waits.result(waits.ring_times_out)

    def test_silent_is_dropped(self) -> None:
        """A connection silent for 45 s is dropped, its name becomes fora; one that speaks lives."""
        waits.result(waits.silent_is_dropped)

    def test_slow_is_closed(self) -> None:
        """A client that does not read is closed after 15 s paused, while others are served without delay."""
        waits.result(waits.slow_is_closed)

    def test_tls_must_finish(self) -> None:
        """A connection that has not finished TLS in 5 s is dropped."""
        waits.result(waits.tls_must_finish)

    def test_foreign_addresses(self) -> None:
        """In a network of its own: no arguments, port 5000, dual stack, limits for each /24 and /64."""
        if (
            shutil.which("unshare") is None
            or subprocess.run(["unshare", "-rn", "true"], check=False).returncode
        ):
            self.skipTest("no private network here")
        waits.result(waits.foreign_addresses)
