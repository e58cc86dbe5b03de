"""Section 3, presence: the table, its rev, its changes."""

import random
import time

from tests.conformance import keys, wire
from tests.conformance.case import Case, fresh_name
from tests.conformance.client import Client, settle

Table = dict[str, tuple[str, str]]
GATHER = 0.25
"""Seconds for which the registry gathers changes."""


def snapshot(client: Client, **values: object) -> tuple[int, int, Table]:
    """Ask for the table: its rev, ``total``, and name → (key, state)."""
    seq = client.send("PEDIDO-TABELA", **values)
    taken = client.until("TABELA-FIM", seq=seq)
    client.pending[:0] = [line for line in taken if line.seq != seq]
    return read_snapshot([line for line in taken if line.seq == seq])


def read_snapshot(lines: list[wire.Line]) -> tuple[int, int, Table]:
    """Read TABELA-INICIO, TABELA-LINHA…, TABELA-FIM."""
    first, *rows, last = lines
    assert first.verb == "TABELA-INICIO", first
    assert last.verb == "TABELA-FIM", last
    assert {row.verb for row in rows} <= {"TABELA-LINHA"}, rows
    assert first.number("rev") == last.number("rev"), (first, last)
    table = {row.keys["nome"]: (row.keys["chave"], row.keys["estado"]) for row in rows}
    assert len(table) == len(rows), "a name stands twice in a snapshot"
    return first.number("rev"), first.number("total"), table


class Watcher:
    """A client that keeps the table by snapshot and changes, as the page's property says."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.rev, _, self.table = snapshot(client)

    def apply(self) -> None:
        """Apply the changes that have come; every rev must be the next one."""
        while (line := self.client.find("TABELA-MUDOU", seq=0)) is not None:
            self.change(line)

    def catch_up(self) -> None:
        """Ask for the changes since the last known rev, as after a gap, instead of taking the pushes."""
        seq = self.client.send("PEDIDO-TABELA", desde=self.rev)
        lines = [line for line in self.client.until("TABELA-FIM", seq=seq) if line.seq == seq]
        for line in lines[:-1]:
            self.change(line)
        assert self.rev == lines[-1].number("rev"), (self.rev, lines[-1])

    def change(self, line: wire.Line) -> None:
        """Apply one change."""
        rev, name = line.number("rev"), line.keys["nome"]
        if rev <= self.rev:
            return
        assert rev == self.rev + 1, f"a gap: {self.rev} then {line}"
        self.rev = rev
        if line.keys["estado"] == "fora":
            self.table.pop(name, None)
            return
        assert "chave" in line.keys or name in self.table, f"a new name without its key: {line}"
        self.table[name] = (line.keys.get("chave", self.table.get(name, ("", ""))[0]), line.keys["estado"])


class Snapshot(Case):
    """PEDIDO-TABELA."""

    def test_snapshot(self) -> None:
        """A snapshot is INICIO, one LINHA a connected name, FIM, all with the asker's seq and one rev."""
        ana, bia = self.couple()
        bia.send("ESTADO", estado="nao-perturbe")
        gone = self.person("caio")
        gone.drop()
        ana.wait("TABELA-MUDOU", nome=gone.name, estado="fora")
        _, total, table = snapshot(ana)
        self.assertEqual(total, len(table))
        self.assertEqual(table[ana.name], (wire.b64(keys.public_of(ana.key)), "livre"))
        self.assertEqual(table[bia.name][1], "nao-perturbe")
        self.assertNotIn(gone.name, table)

    def test_prefix_and_limit(self) -> None:
        """prefixo is canonicalised like a name and limite cuts; total counts before limite."""
        self.quiet()
        asker = self.person("olga")
        tag = fresh_name("ção")
        people = [self.tls() for _ in range(4)]
        for index, client in enumerate(people):
            client.register(f"{tag}x{index}")
        settle(asker)
        for prefix in (tag, tag.upper(), tag + "X"):
            _, total, table = snapshot(asker, prefixo=prefix)
            self.assertEqual((total, set(table)), (4, {client.name for client in people}), prefix)
        for limit in (0, 1, 3, 4, 100):
            _, total, table = snapshot(asker, prefixo=tag, limite=limit)
            self.assertEqual((total, len(table)), (4, min(limit, 4)))
        self.assertEqual(snapshot(asker, prefixo=fresh_name("ninguem"))[1:], (0, {}))
        _, total, table = snapshot(asker, prefixo="")
        self.assertEqual((total, len(table)), (len(table), len(snapshot(asker)[2])))

    def test_since(self) -> None:
        """desde inside the ring gives the changes since then with the asker's seq, then FIM, and never a
        snapshot.
        """
        self.quiet()
        watcher = self.person("olga")
        rev, _, before = snapshot(watcher)
        one = self.person("um")
        watcher.wait("TABELA-MUDOU", nome=one.name)
        one.send("ESTADO", estado="ausente")
        watcher.wait("TABELA-MUDOU", nome=one.name, estado="ausente")
        one.drop()
        pushed = watcher.wait("TABELA-MUDOU", nome=one.name, estado="fora")
        seq = watcher.send("PEDIDO-TABELA", desde=rev)
        lines = watcher.until("TABELA-FIM", seq=seq)
        self.assertEqual({line.verb for line in lines[:-1]}, {"TABELA-MUDOU"})
        self.assertEqual({line.seq for line in lines}, {seq})
        revs = [line.number("rev") for line in lines[:-1]]
        self.assertEqual(revs, sorted(revs))
        self.assertLessEqual(set(revs), set(range(rev + 1, lines[-1].number("rev") + 1)))
        self.assertEqual(lines[-1].number("rev"), pushed.number("rev"))
        self.assertEqual(lines[-2].keys["estado"], "fora")
        self.assertEqual(snapshot(watcher)[2], before)

    def test_since_now(self) -> None:
        """desde with the present rev gives FIM alone."""
        self.quiet()
        ana = self.person()
        rev, _, _ = snapshot(ana)
        answer = ana.ask("PEDIDO-TABELA", desde=rev)
        self.assertEqual((answer.verb, answer.number("rev")), ("TABELA-FIM", rev))

    def test_since_outside_the_ring(self) -> None:
        """desde older than the ring, or in the future, gives a snapshot."""
        self.quiet()
        ana = self.person()
        rev, _, table = snapshot(ana)
        for since in (0, rev - 5000, rev + 1, 999999999999999):
            self.assertEqual(snapshot(ana, desde=since)[2], table)


class Changes(Case):
    """TABELA-MUDOU."""

    def test_join_change_leave(self) -> None:
        """Joining comes with the key, leaving is fora, and all get the same bytes with contiguous revs."""
        watchers = [self.person("olga"), self.person("otto", plain=True)]
        self.quiet()
        settle(*watchers)
        start = snapshot(watchers[0])[0]
        marks = [len(watcher.log) for watcher in watchers]
        bia = self.person("bia")
        for state in ("ausente", "livre"):
            watchers[0].wait("TABELA-MUDOU", nome=bia.name)
            bia.send("ESTADO", estado=state)
        watchers[0].wait("TABELA-MUDOU", nome=bia.name)
        bia.drop()
        for watcher in watchers:
            watcher.wait("TABELA-MUDOU", nome=bia.name, estado="fora")
        seen = [
            [line for line in watcher.log[mark:] if line.startswith(b"TABELA-MUDOU 0 ")]
            for watcher, mark in zip(watchers, marks, strict=True)
        ]
        self.assertEqual(seen[0], seen[1])
        changes = [wire.parse(line) for line in seen[0]]
        self.assertEqual([line.keys["estado"] for line in changes], ["livre", "ausente", "livre", "fora"])
        self.assertEqual([line.number("rev") for line in changes], list(range(start + 1, start + 5)))
        self.assertEqual(changes[0].octets("chave"), keys.public_of(bia.key))

    def test_gathered(self) -> None:
        """Several changes of one name inside 250 ms are one change, the last."""
        watcher, bia = self.couple()
        self.quiet()
        rev = snapshot(watcher)[0]
        lines = [wire.render("ESTADO", 5, estado=state) for state in ("ausente", "livre", "nao-perturbe")]
        bia.raw(b"".join(lines))
        pushed = watcher.wait("TABELA-MUDOU", nome=bia.name, estado="nao-perturbe")
        self.assertEqual(pushed.number("rev"), rev + 1)

    def test_pushes_start_at_registration(self) -> None:
        """Before registration nobody is told anything of the table."""
        stranger = self.text()
        ana = self.person()
        ana.wait("TABELA-MUDOU", nome=self.person("bia").name)
        self.assert_silent(stranger)
        self.assertEqual(stranger.pending, [])

    def test_property(self) -> None:
        """Snapshot and changes together are the registry's table, whatever joins, leaves and changes."""
        chance = random.Random(7)
        people = [(fresh_name("p"), self.person(f"dono{i}").key) for i in range(8)]
        inside: dict[str, Client] = {}
        watchers = [Watcher(self.person("w")), Watcher(self.person("w", plain=True))]
        sleepers: list[Watcher] = []
        for step in range(60):
            name, key = chance.choice(people)
            if name not in inside:
                inside[name] = self.text()
                inside[name].register(name, key)
            elif chance.random() < 0.5:
                inside.pop(name).drop()
            else:
                inside[name].send("ESTADO", estado=chance.choice(("livre", "ausente", "nao-perturbe")))
            if chance.random() < 0.15:
                time.sleep(chance.choice((0.05, 0.3)))
            if step % 15 == 0:
                watchers.append(Watcher(self.person("w")))
                sleepers.append(Watcher(self.person("s")))
        settle(*inside.values())
        time.sleep(3 * GATHER)
        settle(*(watcher.client for watcher in watchers))
        rev, _, table = snapshot(watchers[0].client)
        for watcher in watchers:
            watcher.apply()
            self.assertEqual((watcher.rev, watcher.table), (rev, table))
        for sleeper in sleepers:
            sleeper.catch_up()
            self.assertEqual((sleeper.rev, sleeper.table), (rev, table))


class Follow(Case):
    """ACOMPANHAR at any size of the table."""

    def test_present_state(self) -> None:
        """Each name's present state comes as TABELA-MUDOU: the asker's seq, the table's rev, the key."""
        ana, bia = self.couple()
        bia.send("ESTADO", estado="ausente")
        away = self.person("caio")
        away.drop()
        ana.wait("TABELA-MUDOU", nome=away.name, estado="fora")
        nobody = fresh_name("ninguem")
        seq = ana.send("ACOMPANHAR", nomes=[bia.name.upper(), away.name, nobody])
        states = {}
        for name in (bia.name, away.name, nobody):
            line = ana.wait("TABELA-MUDOU", seq=seq, nome=name)
            states[name] = line.keys["estado"]
            if name == bia.name:
                self.assertEqual(line.octets("chave"), keys.public_of(bia.key))
            self.assertEqual(line.number("rev"), snapshot(ana)[0])
        self.assertEqual(states, {bia.name: "ausente", away.name: "fora", nobody: "fora"})

    def test_nothing(self) -> None:
        """The empty list has no answer."""
        ana = self.person()
        ana.send("ACOMPANHAR", nomes=[])
        ana.barrier()
        left = [line for line in ana.pending if line.verb != "TABELA-MUDOU" and line.verb != "TABELA-FIM"]
        self.assertEqual(left, [])


class Crowd(Case):
    """Above 500 connected names, and more than 1024 changes."""

    def crowd(self, size: int) -> list[Client]:
        """Connect this many people at the plain endpoint."""
        people: list[Client] = []
        while len(people) < size:
            arriving = [self.text() for _ in range(min(50, size - len(people)))]
            for client in arriving:
                client.name = fresh_name("gente")
                client.raw(wire.render("PEDIDO-REGISTRO", 1, **client.credentials(client.name)))
            for client in arriving:
                client.wait("REGISTRO-BEM-SUCEDIDO")
            people += arriving
        return people

    def test_above_500(self) -> None:
        """Up to 500 names all changes go to all; above, those one follows, each batch ended by FIM."""
        watcher, other, bia, caio = (self.person(base) for base in ("w", "x", "bia", "caio"))
        watcher.send("ACOMPANHAR", nomes=[bia.name])
        watcher.barrier()
        caio.send("ESTADO", estado="ausente")
        watcher.wait("TABELA-MUDOU", seq=0, nome=caio.name, estado="ausente")
        people = self.crowd(499)
        time.sleep(3 * GATHER)
        settle(watcher, other)
        watcher.pending.clear()
        other.pending.clear()
        caio.send("ESTADO", estado="livre")
        caio.barrier()
        bia.send("ESTADO", estado="ausente")
        pushed = watcher.wait("TABELA-MUDOU", seq=0, nome=bia.name, estado="ausente")
        end = watcher.until("TABELA-FIM", seq=0)[-1]
        while end.number("rev") < pushed.number("rev"):
            end = watcher.until("TABELA-FIM", seq=0)[-1]
        settle(watcher, other)
        watcher.refuse("TABELA-MUDOU", nome=caio.name)
        other.refuse("TABELA-MUDOU")
        rev, total, table = snapshot(other, prefixo=bia.name)
        self.assertEqual((total, table[bia.name][1]), (1, "ausente"))
        self.assertGreaterEqual(rev, pushed.number("rev"))
        watcher.send("ACOMPANHAR", nomes=[caio.name])
        watcher.barrier()
        watcher.pending.clear()
        bia.send("ESTADO", estado="livre")
        caio.send("ESTADO", estado="nao-perturbe")
        watcher.wait("TABELA-MUDOU", seq=0, nome=caio.name, estado="nao-perturbe")
        watcher.refuse("TABELA-MUDOU", seq=0, nome=bia.name)
        self._ring_of_1024(people[:350], other)

    def _ring_of_1024(self, people: list[Client], asker: Client) -> None:
        """The registry keeps the last 1024 changes: what is older gets a snapshot."""
        start = snapshot(asker, limite=0)[0]
        rounds = 0
        while (now := snapshot(asker, limite=0)[0]) <= start + 1030:
            assert rounds < 30, f"{now - start} changes after {rounds} rounds"
            for client in people:
                client.send("ESTADO", estado=("ausente", "livre")[rounds % 2])
            time.sleep(GATHER * 1.2)
            rounds += 1
        self.assertEqual(asker.ask("PEDIDO-TABELA", desde=start).verb, "TABELA-INICIO")
        settle(asker)
        asker.pending.clear()
        inside = asker.ask("PEDIDO-TABELA", desde=now - 1000)
        self.assertIn(inside.verb, {"TABELA-MUDOU", "TABELA-FIM"})
