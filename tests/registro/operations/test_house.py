"""The real daemon as its panel sees and commands it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from registro.edge.listen import ListenError
from registro.operations.faults import KEPT, LONGEST, Faults
from registro.operations.overview import ASK_EVERY, memory, process_of, told
from registro.panel import status
from registro.panel.status import BanKind, Process, Reason, RefusedError, Stage
from registro.trouble import Trouble, What
from registro.wire import messages
from registro.wire.errors import Codigo, Encerramento
from registro.wire.fields import b64
from registro.wire.signatures import invitation_proof
from tests.contracts.panel import PanelContract
from tests.support.panel_daemon import FINGERPRINT, DaemonWorld


class DaemonHouseContract(PanelContract, SynchronousTestCase):
    """The daemon keeps the contract of the seam."""

    def setUp(self) -> None:
        """Begin with an empty daemon."""
        self.world = DaemonWorld()


class FakeRelay:
    """A relay that says what the test wants."""

    running = True
    pid: int | None = None

    def __init__(self) -> None:
        self.counters: dict[str, object] = {
            "legs": 2,
            "forwarded": 7,
            "forwarded_bytes": 700,
            "dropped_limit": 1,
        }
        self.passed: dict[str, int] = {}
        self.asked: list[str] = []

    def ask(self, calls: Sequence[str]) -> None:
        """Keep what was asked."""
        self.asked = list(calls)


class DaemonHouseTests(SynchronousTestCase):
    """What only the real one does."""

    def setUp(self) -> None:
        """Begin with two people."""
        self.world = DaemonWorld()
        self.house = self.world.house
        for name in ("ana", "bia"):
            self.world.join(name)

    def test_place(self) -> None:
        """The link is the one that clients are given."""
        self.assertEqual(self.house.status().place.link, f"sala://registro.example:5000/#{FINGERPRINT}")

    def test_counts(self) -> None:
        """Connections, registrations and errors are counted where they happen."""
        self.world.clients["ana"].raw(b"NADA 1\n")
        self.world.registry.connect()
        status = self.house.status()
        self.assertEqual((status.traffic.connections, status.traffic.registrations), (3, 2))
        self.assertEqual(status.traffic.errors, {"desconhecido": 1})
        self.assertEqual((status.present.connections, status.present.unregistered), (3, 1))

    def test_answered_calls(self) -> None:
        """An answered call is talking, since it was answered, and its setting up is in the histogram."""
        self.world.ring("ana", "bia")
        self.world.answer("ana", "bia")
        (call,) = self.house.calls(10).calls
        self.assertEqual(call.state, "em-conversa")
        status = self.house.status()
        self.assertEqual((status.present.ringing, status.present.talking), (0, 1))
        self.assertEqual(sum(status.traffic.setup_time.counts), 1)
        self.assertLessEqual(call.since, status.now)
        self.assertGreater(call.since, status.now - 1)

    def test_the_way_of_a_call(self) -> None:
        """The relay is asked about the calls that are looked at, and its answer tells way and bytes."""
        relay = FakeRelay()
        self.world.daemon.relay = relay  # type: ignore[assignment]
        self.world.ring("ana", "bia")
        self.world.answer("ana", "bia")
        self.house.calls(10)
        (asked,) = relay.asked
        self.assertEqual(asked, b64(bytes(16)))
        for size in (500, 1000):
            relay.passed = {asked: size}
            self.world.registry.clock.advance(ASK_EVERY)
            (call,) = self.house.calls(10).calls
        self.assertEqual((call.path, call.size), ("rele", 1000))

    def test_the_relay_is_asked_only_when_somebody_looks(self) -> None:
        """Calls that nobody looks at cost the relay nothing, and looking often costs it little."""
        relay = FakeRelay()
        self.world.daemon.relay = relay  # type: ignore[assignment]
        self.world.ring("ana", "bia")
        self.world.registry.clock.advance(10)
        self.assertEqual(relay.asked, [])
        self.house.calls(10)
        relay.asked = []
        self.house.calls(10)
        self.assertEqual(relay.asked, [])

    def test_the_relays_counters(self) -> None:
        """The relay's own counters are shown; what it does not say, or says wrongly, is 0."""
        relay = FakeRelay()
        relay.counters["dropped_junk"] = "muito"
        self.world.daemon.relay = relay  # type: ignore[assignment]
        load = self.house.status().relay
        self.assertEqual((load.running, load.legs, load.packets, load.size), (True, 2, 7, 700))
        self.assertEqual(load.drops, {"limite": 1, "sem caminho": 0, "lixo": 0})

    def test_keys_are_short_and_passwords_out(self) -> None:
        """Messages on the page have shortened signatures, and no password of the relay."""
        self.world.ring("ana", "bia")
        entries = self.house.messages_since(0, 1000).entries
        text = "\n".join(f"{entry.verb} {entry.text}" for entry in entries)
        self.assertIn("CONVITE ", text)
        self.assertIn("LIGACAO ", text)
        self.assertNotIn(b64(b"s" * 64), text)
        self.assertIn("senha=…", text)

    def test_several_lines_written_at_once(self) -> None:
        """Lines that were written together are shown one by one, each with its own number."""
        self.world.join("caio")
        self.world.clients["ana"].say(messages.PedidoTabela())
        self.world.batch()
        entries = self.house.messages_since(0, 1000, name="ana").entries
        numbers = [entry.number for entry in entries]
        self.assertEqual(len(set(numbers)), len(numbers))
        rows = [entry.text for entry in entries if entry.verb == "TABELA-LINHA"]
        self.assertEqual(len(rows), 3)

    def test_names_in_any_case(self) -> None:
        """What an operator types is found as the registry spells it, among names and messages."""
        self.assertNotEqual(self.house.messages_since(0, 9, name="Ana", verb="pedido-r").entries, ())
        found = self.successResultOf(self.house.names("AN", 10))
        self.assertEqual([name.name for name in found], ["ana"])
        self.assertEqual(found[0].key, b64(self.world.clients["ana"].chave))

    def test_freeing_a_name_frees_it(self) -> None:
        """Whose name was freed has to go, and another key may have the name."""
        self.successResultOf(self.house.free("ana"))
        self.assertTrue(self.world.clients["ana"].closed)
        self.world.registry.connect(b"x" * 32).register("ana")

    def test_bans_of_each_kind(self) -> None:
        """A name, a key and a range each end the connections that they are about, and say so."""
        bans = {
            BanKind.NAME: ("ana", "Ana"),
            BanKind.KEY: ("bia", b64(self.world.clients["bia"].chave)),
        }
        for kind, (name, value) in bans.items():
            client = self.world.clients[name]
            self.successResultOf(self.house.ban(kind, value, ""))
            ended = [message for message in client.heard() if isinstance(message, messages.Encerrado)]
            self.assertEqual([message.codigo for message in ended], [Encerramento.BANIDO])
        stranger = self.world.registry.connect(host="198.51.100.9")
        self.successResultOf(self.house.ban(BanKind.RANGE, "198.51.100.77/24", ""))
        self.assertTrue(stranger.closed)
        values = [ban.value for ban in self.successResultOf(self.house.bans())]
        self.assertIn("198.51.100.0/24", values, "the range is kept as its network")

    def test_bans_that_make_no_sense(self) -> None:
        """A name, a key and a range that are none are refused, each for its reason."""
        bad = {
            (BanKind.NAME, Reason.NO_NAME): "a b",
            (BanKind.KEY, Reason.NO_KEY): "abc",
            (BanKind.RANGE, Reason.NO_RANGE): "198.51.100.0/33",
        }
        for (kind, reason), value in bad.items():
            failure = self.failureResultOf(self.house.ban(kind, value, ""), RefusedError)
            self.assertEqual((failure.value.reason, failure.value.values), (reason, {"valor": value}))

    def test_an_invitation_works_at_once(self) -> None:
        """An invitation made on the page lets somebody claim a name; a revoked one does not."""
        self.world = DaemonWorld(secret=b"o segredo do arquivo")
        self.house = self.world.house
        invitation = self.successResultOf(self.house.invite("Rita")).encode()
        rita, zeca = self.world.registry.connect(), self.world.registry.connect()
        proof = invitation_proof(invitation, rita.ola.desafio, rita.chave)
        self.assertIsInstance(rita.ask(rita.request("rita", prova=proof)), messages.RegistroBemSucedido)
        (made,) = self.successResultOf(self.house.invitations())
        self.assertEqual(made.used, 1)
        self.failureResultOf(self.house.revoke("x"), RefusedError)
        self.successResultOf(self.house.revoke(made.ident))
        proof = invitation_proof(invitation, zeca.ola.desafio, zeca.chave)
        answer = zeca.ask(zeca.request("zeca", prova=proof))
        self.assertEqual(answer.codigo, Codigo.CONVITE_EXIGIDO)

    def test_closing_closes_the_doors(self) -> None:
        """Closing with a call drains: nobody comes in, the call goes on, its end ends the drain."""
        self.world.ring("ana", "bia")
        self.world.answer("ana", "bia")
        self.house.close()
        self.assertEqual(self.house.stage(), Stage.DRAINING)
        self.assertFalse(self.world.daemon.doors_open)
        self.world.registry.clock.advance(10)
        self.assertEqual(self.house.status().drain_left, 50)
        self.world.hang_up("ana")
        self.assertEqual(self.house.stage(), Stage.CLOSED)
        self.house.open()
        self.assertTrue(self.world.daemon.doors_open)

    def test_a_door_that_does_not_open(self) -> None:
        """When the port was taken meanwhile, opening is refused with the reason."""

        def taken() -> None:
            raise ListenError("TCP 5000 ::", "ocupada")

        self.house.close()
        self.world.daemon.drain._open_doors = taken
        error = self.assertRaises(RefusedError, self.house.open)
        self.assertEqual(error.reason, Reason.SHUT)
        self.assertEqual(error.values, {"lugar": "TCP 5000 ::", "porque": "ocupada"})
        self.assertEqual(self.house.stage(), Stage.CLOSED)

    def test_memory(self) -> None:
        """A process has some memory."""
        self.assertGreater(memory(), 1 << 20)

    def test_another_process(self) -> None:
        """Of another process CPU and memory are known; of none, nothing."""
        if not Path("/proc/self/stat").exists():
            self.skipTest("there is no /proc")
        seen = process_of(os.getpid())
        self.assertGreater(seen.cpu, 0)
        self.assertGreater(seen.memory, 1 << 20)
        self.assertEqual(process_of(None), Process())


class FaultsTests(SynchronousTestCase):
    """The last faults."""

    def setUp(self) -> None:
        """Observe a log of our own."""
        self.faults = Faults(lambda: 7.0)
        self.log = Logger("registro.teste", observer=self.faults)

    def test_only_what_is_serious(self) -> None:
        """Warnings and worse are kept, newest first; the rest is not."""
        self.log.info("tudo bem")
        self.log.warn("o relé terminou ({how})", how="KILL")
        self.log.error("pior")
        self.assertEqual([fault.text for fault in self.faults.latest()], ["pior", "o relé terminou (KILL)"])

    def test_troubles_can_be_translated(self) -> None:
        """A trouble of the registry keeps what it was made of; the log has it as one sentence."""
        trouble = Trouble(What.RELAY_ENDED, porque="KILL {x} ção", espera="0.1")
        self.log.warn("{sentence}", sentence=trouble)
        (fault,) = self.faults.latest()
        self.assertEqual(fault.text, "o relé terminou (KILL {x} ção); de novo em 0.1 s")
        self.assertEqual(
            told(fault),
            status.Fault(fault.at, fault.text, "rele-terminou", {"porque": "KILL {x} ção", "espera": "0.1"}),
        )
        self.log.warn("outra coisa")
        self.assertEqual(told(self.faults.latest()[0]).code, "")

    def test_failures_say_what_failed(self) -> None:
        """A failure is one line: what was being done, and the error."""
        self.log.failure("não deu", Failure(ValueError("de\nnovo")), level=LogLevel.critical)
        (fault,) = self.faults.latest()
        self.assertIn("não deu", fault.text)
        self.assertIn("ValueError", fault.text)

    def test_they_are_bounded(self) -> None:
        """The last fifty are kept, and none is longer than a few lines."""
        for number in range(KEPT + 5):
            self.log.warn("{text}", text="x" * 10_000 + str(number))
        self.assertEqual(len(self.faults.latest()), KEPT)
        self.assertTrue(all(len(fault.text) <= LONGEST + 1 for fault in self.faults.latest()))

    def test_the_daemons_log(self) -> None:
        """Between start and stop, whatever is logged anywhere is seen."""
        self.faults.startService()
        Logger("outro").warn("visto")
        self.faults.stopService()
        Logger("outro").warn("não visto")
        self.assertEqual([fault.text for fault in self.faults.latest()], ["visto"])
