"""Section 3, back-pressure: a client that does not read."""

import time

from tests.conformance import wire
from tests.conformance.case import Case, fresh_name, talk
from tests.conformance.client import Client, settle
from tests.conformance.test_table import Watcher, read_snapshot, snapshot
from tests.conformance.waits import FILL, stuff


class Pressure(Case):
    """Pushes and requests of a client that is paused."""

    def test_one_snapshot_when_it_reads_again(self) -> None:
        """A paused client gets no pushes; reading again it gets its answers and one snapshot, seq 0."""
        self.paused(self.keep(self.daemon.text(receive_buffer=4096)))

    def test_one_snapshot_by_tls(self) -> None:
        """The same holds inside TLS."""
        self.paused(self.keep(self.daemon.tls(receive_buffer=4096)))

    def paused(self, slow: Client) -> None:
        """Pause this client for about three seconds and compare its table in the end."""
        self.quiet()
        slow.register(fresh_name("lento"))
        watched = Watcher(slow)
        people = [self.person("p") for _ in range(4)]
        taken = stuff(slow)
        for state in ("ausente", "nao-perturbe", "livre"):
            for client in people:
                client.send("ESTADO", estado=state)
            settle(*people)
            time.sleep(0.4)
        people.pop().drop()
        time.sleep(0.6)
        lines = self.read(slow, taken)
        pushes = [line for line in lines if line.verb.startswith("TABELA-")]
        starts = [i for i, line in enumerate(pushes) if line.verb == "TABELA-INICIO"]
        self.assertEqual(len(starts), 1, [line.verb for line in pushes][:20])
        self.assertEqual({line.seq for line in pushes}, {0})
        before = pushes[: starts[0]]
        for line in before:
            watched.change(line)
        end = next(i for i, line in enumerate(pushes) if line.verb == "TABELA-FIM")
        watched.rev, _, watched.table = read_snapshot(pushes[starts[0] : end + 1])
        for line in pushes[end + 1 :]:
            watched.change(line)
        last = snapshot(people[0])
        self.assertEqual((watched.rev, watched.table), (last[0], last[2]))
        self.assertLessEqual(sum(line.verb == "TABELA-MUDOU" for line in pushes), 8)

    def test_too_much_pending(self) -> None:
        """A client with more than 64 KiB pending is closed, long before 15 s; the one who sent it is not."""
        slow, ana, watcher = (
            self.keep(self.daemon.text(receive_buffer=4096)),
            self.person(),
            self.person("olga"),
        )
        slow.register(fresh_name("lento"))
        call = talk(ana, slow)
        stuff(slow)
        began = time.monotonic()
        for _ in range(30):
            ana.send("CAMINHOS", chamada=call.id, candidatos=[], x="y" * 3900)
        watcher.wait("TABELA-MUDOU", nome=slow.name, estado="fora")
        self.assertLess(time.monotonic() - began, 10)
        ana.barrier()
        self.assertEqual(self.state_of(watcher, ana.name), "ocupado", "an accepted call goes on")

    def read(self, slow: Client, taken: int) -> list[wire.Line]:
        """Read all answers, finish the request that was cut, and return what came besides the answers."""
        lines: list[wire.Line] = []
        for _ in range(taken // len(FILL)):
            lines += slow.until("VIVO-OK", seq=7)[:-1]
        # A TLS record that was begun must be offered again before anything else is sent.
        taken += slow.stream.send_some((FILL * 17)[taken % len(FILL) :], slow.patience)
        slow.raw((FILL + wire.render("VIVO", 8, t="last"))[taken % len(FILL) :])
        lines += slow.until("VIVO-OK", seq=8)
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            slow.read(0.3)
        self.assertFalse(slow.ended, "closed though it read again")
        return [line for line in [*lines, *slow.pending] if line.verb != "VIVO-OK"]
