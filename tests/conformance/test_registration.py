"""Sections 1, 3 and 4: the transport, the greeting, and who a name belongs to."""

import os
import re
import socket
import ssl
import stat
import time
import unicodedata

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from OpenSSL import SSL

from tests.conformance import keys, wire
from tests.conformance.case import Case, exchange, fresh_name, invitation, ring
from tests.conformance.client import Client
from tests.conformance.daemon import Daemon
from tests.conformance.streams import PinError, TlsStream, connect
from tests.conformance.test_vectors import VECTORS

LIMIT_NAMES = {
    "linha",
    "pendente",
    "lapso-tls",
    "lapso-registro",
    "linhas",
    "convites",
    "conexoes",
    "nomes",
    "tabela",
}


class Transport(Case):
    """Section 1."""

    def test_tls_13_only(self) -> None:
        """A client that can do no more than TLS 1.2 gets no connection."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with (
            socket.create_connection((self.daemon.host, self.daemon.port), 10) as sock,
            self.assertRaises((ssl.SSLError, ConnectionError)),
        ):
            context.wrap_socket(sock)
        self.assertEqual(self.stream().tls.get_protocol_version_name(), "TLSv1.3")

    def stream(self) -> TlsStream:
        """Open a bare TLS connection."""
        stream = self.tls().stream
        assert isinstance(stream, TlsStream)
        return stream

    def test_certificate(self) -> None:
        """The certificate is ECDSA P-256 and its fingerprint is the one in the printed address."""
        certificate = self.stream().tls.get_peer_certificate(as_cryptography=True)
        assert certificate is not None
        public = certificate.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        self.assertEqual(public.curve.name, "secp256r1")
        self.assertEqual(certificate.issuer, certificate.subject, "self-signed")
        self.assertEqual(self.stream().fingerprint(), self.daemon.pin)

    def test_wrong_pin(self) -> None:
        """A different fingerprint is seen before a byte is sent."""
        with self.assertRaises(PinError):
            TlsStream(connect(self.daemon.host, self.daemon.port), "a" * 52)

    def test_printed_in_groups(self) -> None:
        """The fingerprint is printed at the start in groups of four."""
        grouped = re.sub("(....)(?!$)", r"\1 ", self.daemon.pin)
        self.assertIn(grouped, "".join(self.daemon.output))

    def test_state_is_private(self) -> None:
        """Key and certificate in the state directory are readable by their owner alone."""
        files = [path for path in self.daemon.state.rglob("*") if path.is_file()]
        self.assertTrue(files)
        for path in files:
            if path.suffix in {".pem", ".key", ".crt", ".der"}:
                self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)

    def test_plain_text_on_the_tls_port(self) -> None:
        """Plain text on the TLS port gets nothing of the registry and harms nobody."""
        with connect(self.daemon.host, self.daemon.port) as sock:
            sock.sendall(b"VIVO 1 t=1\n")
            sock.settimeout(10)
            data = b""
            with self.subTest("closed"):
                while piece := self._receive(sock):
                    data += piece
            self.assertNotIn(b"OLA", data)
            self.assertNotIn(b"VIVO-OK", data)
        self.tls().barrier()

    @staticmethod
    def _receive(sock: socket.socket) -> bytes:
        try:
            return sock.recv(4096)
        except ConnectionError:
            return b""

    def test_unpinned_context_is_the_same_server(self) -> None:
        """Two connections have two exporters, and the registry's key is the same in both."""
        one, two = self.tls(), self.tls()
        self.assertNotEqual(one.binding, two.binding)
        assert isinstance(one.stream, TlsStream)
        self.assertIsInstance(one.stream.tls, SSL.Connection)


class Greeting(Case):
    """OLA."""

    def test_ola(self) -> None:
        """OLA is the first line, seq 0, version 1, and names every limit with its value."""
        for client in (self.tls(), self.text()):
            ola = client.ola
            self.assertEqual((ola.seq, ola.keys["versao"]), (0, "1"))
            self.assertTrue(ola.keys["servidor"])
            pairs = dict(item.split(":", 1) for item in ola.items("limites"))
            self.assertEqual(pairs["linha"], "4096")
            self.assertLessEqual(LIMIT_NAMES, pairs.keys())
            self.assertTrue(all(pairs.values()))
            self.assertEqual((pairs["lapso-tls"], pairs["lapso-registro"]), ("5", "10"))
            self.assertEqual(pairs["pendente"], "65536")
            ola.items("recursos")

    def test_desafio(self) -> None:
        """A challenge of 32 fresh bytes stands in OLA on the plain endpoint alone."""
        self.assertNotIn("desafio", self.tls().ola.keys)
        challenges = {self.text().ola.octets("desafio") for _ in range(4)}
        self.assertEqual(len(challenges), 4)


class Registration(Case):
    """PEDIDO-REGISTRO and its answers."""

    def refused(self, client: Client, codigo: str, **values: object) -> wire.Line:
        """Assert that this registration is refused with this code and the connection stays open."""
        answer = client.ask("PEDIDO-REGISTRO", **values)
        self.assertEqual((answer.verb, answer.keys.get("codigo")), ("REGISTRO-MAL-SUCEDIDO", codigo), values)
        client.barrier()
        return answer

    def test_success(self) -> None:
        """The answer gives the canonical name, the rev, and 45 s of life, by TLS and plain."""
        for client in (self.tls(), self.text()):
            name = fresh_name("Zé")
            answer = client.register(name)
            self.assertEqual(answer.keys["nome"], name.lower())
            self.assertGreater(answer.number("rev"), 0)

    def test_unknown_and_optional_keys(self) -> None:
        """recursos is optional and a list, and an unknown key is ignored."""
        client = self.tls()
        values = client.credentials(fresh_name("rui"))
        answer = client.ask("PEDIDO-REGISTRO", **values, recursos=["a,b", "c"], nova="x")
        self.assertEqual(answer.verb, "REGISTRO-BEM-SUCEDIDO")

    def test_rev_includes_the_own_entry(self) -> None:
        """The rev of the answer includes one's own entry: it is not pushed, and the next change is rev+1."""
        self.quiet()
        client = self.tls()
        rev = client.register(fresh_name("eva")).number("rev")
        self.assertEqual(client.ask("PEDIDO-TABELA", desde=rev).verb, "TABELA-FIM")
        other = self.person("davi")
        pushed = client.wait("TABELA-MUDOU")
        self.assertEqual((pushed.number("rev"), pushed.keys["nome"]), (rev + 1, other.name))

    def test_order_of_checks(self) -> None:
        """Checked in this order: versao, chave-invalida, nome-invalido, assinatura, nome-em-uso."""
        taken = self.person()
        wrong: list[tuple[str, dict[str, object]]] = [
            ("versao", {"versao": 2}),
            ("chave-invalida", {"chave": "AAAA"}),
            ("nome-invalido", {"nome": "а"}),
            ("assinatura", {"sig": wire.b64(os.urandom(64))}),
        ]
        for first in range(len(wrong)):
            client = self.tls()
            values = client.credentials(taken.name)
            for _, change in wrong[first:]:
                values.update(change)
            self.refused(client, wrong[first][0], **values)
        self.refused(client, "nome-em-uso", **client.credentials(taken.name))
        client.register(fresh_name("livre"))

    def test_judged_as_their_own_codes(self) -> None:
        """A malformed versao, chave or sig is judged as its own code, never as sintaxe."""
        good = b"\1" * 64
        cases = [("versao", {"versao": value}) for value in ("", "0", "x", "2", "1234567890123456", "1 ")]
        cases += [("chave-invalida", {"chave": v}) for v in ("", "!", "A" * 42, wire.b64(good[:33]), "é")]
        cases += [("assinatura", {"sig": v}) for v in ("", "=", wire.b64(good[:63]), wire.b64(good) + "A")]
        for codigo, change in cases:
            client = self.text()
            self.refused(client, codigo, **{**client.credentials(fresh_name("ze")), **change})
            client.register(fresh_name("ze"))

    def test_escaped_comma(self) -> None:
        """%2C is a needless escape in every known key that is no list, also in a proof that nobody needs."""
        own = {"nome": "-", "chave": "chave-invalida", "sig": "assinatura", "versao": "versao"}
        for key, codigo in {**own, "prova": "convite-exigido"}.items():
            client = self.text()
            values = client.credentials(fresh_name("ze"))
            values.pop(key, None)
            client.raw(wire.render("PEDIDO-REGISTRO", 3, **values)[:-1] + f" {key}=a%2Cb\n".encode())
            self.assertIn(client.wait(None, seq=3).keys.get("codigo"), {"sintaxe", codigo}, key)

    def test_missing_keys(self) -> None:
        """A PEDIDO-REGISTRO without a required key, and that alone, is ERRO sintaxe."""
        for key in ("nome", "chave", "sig", "versao"):
            client = self.text()
            values = client.credentials(fresh_name("ze"))
            del values[key]
            self.erro(client.ask("PEDIDO-REGISTRO", **values), "sintaxe", "PEDIDO-REGISTRO")

    def test_signature(self) -> None:
        """The signature covers label, this connection's binding, the name as sent, and the key."""
        name = fresh_name("João")
        client, other = self.tls(), self.tls()
        public = keys.public_of(client.key)
        for label, binding, signed in (
            (keys.PLAIN_LABEL, client.binding, name),
            (keys.TLS_LABEL, other.binding, name),
            (keys.TLS_LABEL, bytes(32), name),
            (keys.TLS_LABEL, client.binding, name.lower()),
        ):
            sig = client.key.sign(keys.login_message(label, binding, signed, public))
            self.refused(client, "assinatura", nome=name, chave=public, sig=sig, versao=1)
        client.register(name)

    def test_signature_on_the_plain_endpoint(self) -> None:
        """On the plain endpoint the challenge and the local label stand in, and no others are taken."""
        name = fresh_name("lia")
        client = self.text()
        public = keys.public_of(client.key)
        sig = client.key.sign(keys.login_message(keys.TLS_LABEL, client.binding, name, public))
        self.refused(client, "assinatura", nome=name, chave=public, sig=sig, versao=1)
        client.register(name)

    def test_ownership(self) -> None:
        """The first key owns the name in all its spellings, also while it is away."""
        owner = self.person("André")
        spellings = (owner.name, owner.name.upper(), unicodedata.normalize("NFD", owner.name))
        for _ in range(2):
            thief = self.tls()
            for spelling in spellings:
                self.refused(thief, "nome-em-uso", **thief.credentials(spelling))
            owner.drop()
        self.tls().register(owner.name.upper(), owner.key)

    def test_second_registration(self) -> None:
        """After one that succeeded, any PEDIDO-REGISTRO is fora-de-ordem and changes nothing."""
        client = self.person()
        for values in (
            client.credentials(client.name),
            client.credentials(fresh_name("outra")),
            {"versao": 9},
        ):
            full = {**client.credentials("x"), **values}
            answer = client.ask("PEDIDO-REGISTRO", **full)
            self.assertIn(answer.verb, {"ERRO", "REGISTRO-MAL-SUCEDIDO"})
            self.assertEqual(answer.keys["codigo"], "fora-de-ordem")
        self.assertEqual(self.state_of(client, client.name), "livre")

    def test_one_key_several_names(self) -> None:
        """A key may own several names and be connected with all of them."""
        one, two = self.tls(), self.tls()
        one.register(fresh_name("um"))
        two.register(fresh_name("dois"), one.key)
        self.assertEqual([self.state_of(one, two.name), self.state_of(two, one.name)], ["livre", "livre"])

    def test_replacement(self) -> None:
        """A new connection with the same name and key replaces the older, which hears why."""
        old, watcher = self.couple()
        new = self.again(old)
        ended = old.wait("ENCERRADO")
        self.assertEqual((ended.seq, ended.keys["codigo"]), (0, "sessao-substituida"))
        old.end()
        self.assertEqual(self.state_of(watcher, new.name), "livre")
        ring(watcher, new)

    def test_names(self) -> None:
        """Every golden name is accepted in its canonical form or refused as nome-invalido."""
        for case in VECTORS["names"]["invalid"]:
            client = self.text()
            self.refused(client, "nome-invalido", **client.credentials(case["sent"]))
            client.drop()
        key = Ed25519PrivateKey.generate()
        for case in VECTORS["names"]["valid"]:
            client = self.text()
            self.assertEqual(client.register(case["sent"], key).keys["nome"], case["canonical"])
            client.drop()


class BeforeRegistration(Case):
    """What an unregistered client may do."""

    def test_nao_registrado(self) -> None:
        """Everything but VIVO, PEDIDO-REGISTRO and PEDIDO-ENCERRAMENTO is nao-registrado."""
        chamada = os.urandom(16)
        requests: list[tuple[str, dict[str, object]]] = [
            ("PEDIDO-CONSULTA", {"nome": "ana"}),
            ("PEDIDO-TABELA", {}),
            ("ACOMPANHAR", {"nomes": ["ana"]}),
            ("ESTADO", {"estado": "livre"}),
            ("CONVITE", invitation("ana", chamada)),
            ("TOCANDO", {"chamada": chamada}),
            ("CONVITE-ACEITO", {"chamada": chamada, **exchange()}),
            ("CONVITE-REJEITADO", {"chamada": chamada, "codigo": "ocupado"}),
            ("CHAVE", {"chamada": chamada, **exchange()}),
            ("CAMINHOS", {"chamada": chamada, "candidatos": []}),
            ("ENCERRAR-LIGACAO", {"chamada": chamada, "codigo": "normal"}),
            ("PACOTE", {"chamada": chamada, "dado": b"abc"}),
        ]
        for client in (self.tls(), self.text()):
            for verb, values in requests:
                self.erro(client.ask(verb, **values), "nao-registrado", verb)
            client.barrier()

    def test_closing(self) -> None:
        """PEDIDO-ENCERRAMENTO is answered by ENCERRADO pedido and a close, registered or not."""
        for client in (self.tls(), self.text(), self.person()):
            seq = client.send("PEDIDO-ENCERRAMENTO", motivo="até logo")
            last = client.end()[-1]
            self.assertEqual((last.verb, last.keys["codigo"], last.seq), ("ENCERRADO", "pedido", seq))

    def test_closing_in_a_pipeline(self) -> None:
        """Lines before PEDIDO-ENCERRAMENTO are obeyed, lines after it are not."""
        client = self.person()
        client.raw(b"VIVO 1 t=a\nPEDIDO-ENCERRAMENTO 2\nVIVO 3 t=b\n")
        lines = [line for line in client.end() if line.verb != "TABELA-MUDOU"]
        self.assertEqual([(line.verb, line.seq) for line in lines], [("VIVO-OK", 1), ("ENCERRADO", 2)])


class Invitations(Case):
    """``--convite FILE``."""

    secret = b"segredo do convite"

    def setUp(self) -> None:
        """Start a daemon that asks for an invitation."""
        self._clients = []
        self.daemon = Daemon()
        secret = self.daemon.state / "convite.txt"
        secret.write_bytes(self.secret + b"\n")
        self.daemon.options = ("--convite", str(secret))
        self.addCleanup(self.daemon.stop)
        self.daemon.start()

    def test_proof(self) -> None:
        """The proof is needed to claim a new name, by TLS and plain, and is looked at last."""
        for client, other in ((self.tls(), self.tls()), (self.text(), self.text())):
            name = fresh_name("nova")
            self.refuse(client, "convite-exigido", client.credentials(name))
            self.refuse(client, "convite-exigido", client.credentials(name, secret=b"errado"))
            self.refuse(client, "convite-exigido", client.credentials(name, secret=self.secret + b"\n"))
            for malformed in ("", "!", "AAAA", wire.b64(bytes(33))):
                self.refuse(client, "convite-exigido", {**client.credentials(name), "prova": malformed})
            spoiled = {**client.credentials(name, secret=b"x"), "sig": bytes(64)}
            self.refuse(client, "assinatura", spoiled)
            other.register(name, secret=self.secret)
            self.refuse(client, "nome-em-uso", client.credentials(name))
            other.drop()
            self.tls().register(name, other.key)
            self.text().register(name, other.key, secret=b"errado, but not needed")

    def refuse(self, client: Client, codigo: str, values: dict[str, object]) -> None:
        """Assert that this registration is refused with this code."""
        answer = client.ask("PEDIDO-REGISTRO", **values)
        self.assertEqual((answer.verb, answer.keys.get("codigo")), ("REGISTRO-MAL-SUCEDIDO", codigo), answer)


class Restart(Case):
    """What outlives the process."""

    def setUp(self) -> None:
        """Have a daemon of one's own."""
        self._clients = []
        self.daemon = Daemon()
        self.addCleanup(self.daemon.stop)
        self.daemon.start()

    def test_restart(self) -> None:
        """Fingerprint, claims and missed invitations outlive kill -9, and no rev is ever used twice."""
        pin, before = self.daemon.pin, time.time()
        absent, caller = self.couple()
        absent.drop()
        caller.barrier()
        caller.wait("TABELA-MUDOU", nome=absent.name, estado="fora")
        values = invitation(absent.name)
        values["hora"] = 1
        self.assertEqual(caller.ask("CONVITE", **values).keys["codigo"], "ausente")
        rev = caller.ask("PEDIDO-TABELA", desde=0).number("rev")
        self.assertLess(abs(rev / 1000 - before), 60, "rev starts at Unix time x 1000")
        late = self.tls()
        late.register(fresh_name("tarde"))
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.daemon.pin, pin)
        thief = self.tls()
        for name in (absent.name, caller.name, late.name):
            answer = thief.ask("PEDIDO-REGISTRO", **thief.credentials(name))
            self.assertEqual(answer.keys.get("codigo"), "nome-em-uso", name)
        back = self.tls()
        self.assertGreater(back.register(absent.name, absent.key).number("rev"), rev)
        missed = back.wait("CONVITE-PERDIDO")
        self.assertEqual((missed.keys["de"], missed.seq), (caller.name, 0))
        self.assertLess(abs(missed.number("hora") - before), 60, "the registry's clock")
        back.drop()
        self.assert_silent(self.again(back))
