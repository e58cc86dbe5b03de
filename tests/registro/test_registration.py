"""Registration: each refusal in its order, claims, replacement, invitations, missed calls."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from registro.storage.interface import Ban, BanKind, StorageError
from registro.storage.memory import MemoryStore
from registro.wire import messages
from registro.wire.errors import Codigo, Encerramento
from registro.wire.fields import b64
from registro.wire.limits import Limits
from registro.wire.signatures import invitation_proof
from tests.support.registry import NOON, REV, Registry, convite

SECRET = b"segredo de convite"


class RegistrationTests(SynchronousTestCase):
    """PEDIDO-REGISTRO."""

    def setUp(self) -> None:
        """Start an empty registry."""
        self.registry = Registry()

    def test_accepted(self) -> None:
        """A registration is answered with the canonical name, a revision with it, and the silence."""
        answer = self.registry.connect().ask
        client = self.registry.connect()
        answer = client.ask(client.request("João"), 7)
        self.assertEqual(answer, messages.RegistroBemSucedido("joão", REV + 1, 45))
        self.registry.settle()
        self.assertEqual(client.heard(), [], "its own entry is in the revision and is not pushed to it")

    def test_order_of_refusals(self) -> None:
        """The first fault in the protocol's order is the one that is told."""
        self.registry.person("ana")
        client = self.registry.connect()
        good = client.request("ana")
        faults: list[tuple[dict[str, object], Codigo]] = [
            ({"versao": 2, "chave": b"\0" * 32, "nome": "x@", "sig": b"s" * 64}, Codigo.VERSAO),
            ({"chave": b"\0" * 32, "nome": "x@", "sig": b"s" * 64}, Codigo.CHAVE_INVALIDA),
            ({"nome": "x@", "sig": b"s" * 64}, Codigo.NOME_INVALIDO),
            ({"sig": b"s" * 64}, Codigo.ASSINATURA),
            ({}, Codigo.NOME_EM_USO),
        ]
        for changed, codigo in faults:
            values = {name: getattr(good, name) for name in ("nome", "chave", "sig", "versao")}
            answer = client.ask(messages.PedidoRegistro(**{**values, **changed}), 3)
            self.assertEqual((type(answer), answer.codigo), (messages.RegistroMalSucedido, codigo))
        self.assertFalse(client.closed, "the connection stays open")
        client.register("eva")

    def test_damaged_values(self) -> None:
        """Damaged keys, signatures and versions have their own codes; a missing one is a syntax error."""
        client = self.registry.connect()
        key, sig = b64(client.chave), b64(b"s" * 64)
        table = {
            f"nome=ana chave={key} sig={sig} versao=um": Codigo.VERSAO,
            f"nome=ana chave={key} sig={sig} versao=": Codigo.VERSAO,
            f"nome=ana chave={key[:-1]} sig={sig} versao=1": Codigo.CHAVE_INVALIDA,
            f"nome=ana chave=%20 sig={sig} versao=1": Codigo.CHAVE_INVALIDA,
            f"nome=ana chave={key} sig={sig}A versao=1": Codigo.ASSINATURA,
        }
        for keys, codigo in table.items():
            client.raw(f"PEDIDO-REGISTRO 4 {keys}\n".encode())
            self.assertEqual(client.one(4).codigo, codigo, keys)
        client.raw(f"PEDIDO-REGISTRO 4 nome=ana chave={key} sig={sig}\n".encode())
        answer = client.one(4)
        self.assertEqual((type(answer), answer.codigo), (messages.Erro, Codigo.SINTAXE))

    def test_signature_of_another_connection(self) -> None:
        """What was signed for one connection is worth nothing on another."""
        first, second = self.registry.connect(b"k" * 32), self.registry.connect(b"k" * 32)
        answer = second.ask(first.request("ana"))
        self.assertEqual(answer.codigo, Codigo.ASSINATURA)

    def test_second_registration(self) -> None:
        """A second registration on a connection is out of order, whatever it asks."""
        client = self.registry.person("ana")
        answer = client.ask(client.request("ana"), 9)
        self.assertEqual((answer.codigo, answer.verbo), (Codigo.FORA_DE_ORDEM, "PEDIDO-REGISTRO"))

    def test_replacement(self) -> None:
        """The same name and key on a new connection replaces the older, and the table does not change."""
        older = self.registry.person("ana", b"k" * 32)
        self.registry.settle()
        other = self.registry.person("eva")
        self.registry.settle()
        other.take()
        self.registry.person("ana", b"k" * 32)
        last = older.heard()[-1]
        assert isinstance(last, messages.Encerrado)
        self.assertEqual(last.codigo, Encerramento.SESSAO_SUBSTITUIDA)
        self.assertTrue(older.closed)
        older.lose()
        self.registry.settle()
        self.assertEqual(other.heard(), [])
        self.assertIn("ana", self.registry.office.sessions)

    def test_one_key_several_names(self) -> None:
        """A key may own several names at once."""
        self.registry.person("ana", b"k" * 32)
        self.registry.person("eva", b"k" * 32)
        self.assertEqual(set(self.registry.office.sessions), {"ana", "eva"})

    def test_full_table(self) -> None:
        """A full table takes nobody new, and takes back who is in it."""
        registry = Registry(Limits(tabela=1))
        registry.person("ana", b"k" * 32)
        client = registry.connect()
        self.assertEqual(client.ask(client.request("eva")).codigo, Codigo.CHEIO)
        registry.person("ana", b"k" * 32)

    def test_new_names_an_hour(self) -> None:
        """New names of an address are limited; owned names are not."""
        registry = Registry(Limits(nomes=2), loopback_too=True)
        registry.person("ana", b"a" * 32).lose()
        registry.person("eva").lose()
        client = registry.connect()
        answer = client.ask(client.request("bia"))
        self.assertEqual((answer.codigo, answer.espera), (Codigo.LIMITE, 1800))
        registry.person("ana", b"a" * 32)

    def test_banned(self) -> None:
        """A banned name or key is told so, and the connection closed."""
        store = MemoryStore()
        seed = b"b" * 32
        key = b64(Registry().connect(seed).chave)
        store.ban(Ban(BanKind.NOME, "eva", 1, ""))
        store.ban(Ban(BanKind.CHAVE, key, 1, ""))
        registry = Registry(store=store)
        for client, nome in ((registry.connect(), "EVA"), (registry.connect(seed), "ana")):
            answer = client.ask(client.request(nome), 5)
            self.assertEqual((type(answer), answer.codigo), (messages.Encerrado, Encerramento.BANIDO))
            self.assertTrue(client.closed)

    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.binary(max_size=120), max_size=6))
    def test_bytes_before_registration(self, parts: list[bytes]) -> None:
        """Whatever a stranger sends in whatever pieces, the registry answers or closes, and serves others."""
        stranger = self.registry.connect()
        for part in parts:
            if not stranger.closed:
                stranger.raw(part)
        stranger.take()
        other = self.registry.connect()
        self.assertEqual(other.ask(messages.Vivo("1"), 2), messages.VivoOk("1"))
        other.lose()
        stranger.lose()
        self.assertEqual(self.registry.office.admission.unregistered, 0)


class InvitationTests(SynchronousTestCase):
    """`--convite`: who may claim new names."""

    def _ask(self, registry: Registry, nome: str, secret: bytes | None) -> messages.Message:
        client = registry.connect(b"k" * 32)
        proof = None if secret is None else invitation_proof(secret, client.ola.desafio, client.chave)
        answer: messages.Message = client.ask(client.request(nome, prova=proof))
        client.lose()
        return answer

    def test_needed_for_new_names_only(self) -> None:
        """Without the proof a new name is refused; with it, it is claimed, and needs none later."""
        registry = Registry(secret=SECRET)
        for secret in (None, b"outro segredo"):
            answer = self._ask(registry, "ana", secret)
            assert isinstance(answer, messages.RegistroMalSucedido)
            self.assertEqual(answer.codigo, Codigo.CONVITE_EXIGIDO)
        self.assertIsInstance(self._ask(registry, "ana", SECRET), messages.RegistroBemSucedido)
        self.assertIsInstance(self._ask(registry, "ana", None), messages.RegistroBemSucedido)

    def test_damaged_proof(self) -> None:
        """A damaged proof is convite-exigido, and of no matter where no invitation is needed."""
        for registry, expected in (
            (Registry(secret=SECRET), Codigo.CONVITE_EXIGIDO),
            (Registry(), None),
        ):
            client = registry.connect()
            request = client.request("ana")
            keys = f"nome=ana chave={b64(request.chave)} sig={b64(request.sig)} versao=1 prova=x"
            client.raw(f"PEDIDO-REGISTRO 2 {keys}\n".encode())
            self.assertEqual(getattr(client.one(2), "codigo", None), expected)

    def test_stored_invitations(self) -> None:
        """An invitation of the operator is as good as the file, and its uses are counted."""
        store = MemoryStore()
        ident = self.successResultOf(store.invite("umconvitedado", "para a ana", 1))
        registry = Registry(secret=SECRET, store=store)
        self.assertIsInstance(self._ask(registry, "ana", b"umconvitedado"), messages.RegistroBemSucedido)
        (invitation,) = self.successResultOf(store.invitations())
        self.assertEqual((invitation.ident, invitation.usos), (ident, 1))


class SlowStore(MemoryStore):
    """A disk that the test turns."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[Deferred[bool], bool]] = []

    def claim(self, nome: str, chave: bytes, hora: int, invitation: int | None) -> Deferred[bool]:
        """Claim, and answer when the disk has turned."""
        result: bool = self.successOf(super().claim(nome, chave, hora, invitation))
        waiting: Deferred[bool] = Deferred()
        self.waiting.append((waiting, result))
        return waiting

    @staticmethod
    def successOf(answer: Deferred[bool]) -> bool:
        """Return the result of an answer that is there."""
        found: list[bool] = []
        answer.addCallback(found.append)
        return found[0]

    def turn(self) -> None:
        """Answer everything that waits."""
        waiting, self.waiting = self.waiting, []
        for answer, result in waiting:
            answer.callback(result)


class ClaimTests(SynchronousTestCase):
    """A claim is on disk before it is answered."""

    def setUp(self) -> None:
        """Start a registry on a slow disk."""
        self.store = SlowStore()
        self.registry = Registry(store=self.store)

    def test_waits_for_the_disk(self) -> None:
        """The answer, and every line behind the request, waits for the disk; others do not."""
        client, other = self.registry.connect(), self.registry.connect()
        client.say(client.request("ana"), 1).say(messages.Vivo("depois"), 2)
        self.assertEqual(client.heard(), [])
        self.assertEqual(other.ask(messages.Vivo("1")), messages.VivoOk("1"))
        self.store.turn()
        self.assertEqual([type(m) for m in client.heard()], [messages.RegistroBemSucedido, messages.VivoOk])

    def test_reads_on_while_it_waits(self) -> None:
        """While the disk works, a client that says something more is read no more; any other is."""
        client = self.registry.connect()
        client.say(client.request("ana"))
        self.assertTrue(client.transport.reading)
        client.raw(b"VIVO 2 t=x\n")
        self.assertFalse(client.transport.reading)
        self.assertEqual(client.take(), [])
        self.store.turn()
        self.assertEqual([received.seq for received in client.take()], [1, 2])
        self.assertTrue(client.transport.reading)

    def test_two_claim_at_once(self) -> None:
        """Of two who claim a name at once the first gets it."""
        first, second = self.registry.connect(), self.registry.connect()
        first.say(first.request("ana"))
        self.assertEqual(second.ask(second.request("ana")).codigo, Codigo.NOME_EM_USO)
        self.store.turn()
        self.assertIsInstance(first.one(), messages.RegistroBemSucedido)

    def test_gone_before_the_disk(self) -> None:
        """A client that goes while the disk works owns its name and is not in the table."""
        client = self.registry.connect(b"k" * 32)
        client.say(client.request("ana"))
        client.lose()
        self.store.turn()
        self.assertEqual(len(self.registry.office.directory), 0)
        self.assertEqual(self.registry.office.identity.owner("ana"), client.chave)

    def test_broken_disk(self) -> None:
        """A disk that fails is `interno`, is reported, and the name stays free."""
        client = self.registry.connect()
        client.say(client.request("ana"), 3)
        ((answer, _),) = self.store.waiting
        answer.errback(StorageError("disco cheio"))
        self.assertEqual(client.one(3).codigo, Codigo.INTERNO)
        self.assertIn("disco cheio", self.registry.reports[0])
        self.assertIsNone(self.registry.office.identity.owner("ana"))


class MissedCallTests(SynchronousTestCase):
    """CONVITE-PERDIDO."""

    def test_told_once(self) -> None:
        """Who comes back hears who called, oldest first, once."""
        registry = Registry()
        registry.person("ana", b"k" * 32).lose()
        eva = registry.person("eva")
        for number in range(2):
            answer = eva.ask(convite("ana", bytes([number]) * 16), 5)
            self.assertEqual(answer.codigo, "ausente")
            registry.pass_time(40 * (1 - number))
            eva.take()
        ana = registry.connect(b"k" * 32)
        ana.say(ana.request("ana"))
        self.assertEqual(
            ana.heard()[1:],
            [messages.ConvitePerdido("eva", int(NOON) + seconds) for seconds in (0, 40)],
        )
        ana.lose()
        registry.person("ana", b"k" * 32)

    def test_newest_twenty(self) -> None:
        """Of many missed calls the newest twenty are kept."""
        registry = Registry()
        registry.person("ana", b"k" * 32).lose()
        (eva,) = registry.people("eva")
        for number in range(25):
            eva.ask(convite("ana", number.to_bytes(16, "big")))
            registry.pass_time(1)
        ana = registry.connect(b"k" * 32)
        ana.say(ana.request("ana"))
        hours = [message.hora for message in ana.heard() if isinstance(message, messages.ConvitePerdido)]
        self.assertEqual(hours, [int(NOON) + second for second in range(5, 25)])
