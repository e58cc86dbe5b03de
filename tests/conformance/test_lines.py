"""Section 2 of the page: what a line is, and what happens to one that is not."""

import contextlib
import os
import random
import socket
import time

from tests.conformance import wire
from tests.conformance.case import Case, invitation
from tests.conformance.client import Client, settle
from tests.conformance.streams import connect
from tests.conformance.test_vectors import VECTORS

LINES = VECTORS["lines"]


def verdict(line: wire.Line) -> tuple[str, int, str]:
    """Return an answer in the form of ``wire.judge``."""
    if line.verb == "VIVO-OK":
        return "-", line.seq, "VIVO"
    return line.keys.get("codigo", line.verb), line.seq, line.keys.get("verbo", "")


class Golden(Case):
    """The golden lines, sent to a live registry."""

    def test_valid_lines(self) -> None:
        """Every valid golden VIVO is answered by VIVO-OK with its seq and its t in its one spelling."""
        client = self.text()
        for case in (case for case in LINES["valid"] if case["verb"] == "VIVO"):
            line = bytes.fromhex(case["line_hex"])
            client.raw(line)
            answer = client.wait("VIVO-OK", seq=case["seq"])
            self.assertEqual(answer.raw["t"], wire.parse(line).raw["t"], case)
            self.assertEqual(set(answer.keys), {"t"}, "unknown keys are ignored")
        self.assert_silent(client)

    def test_valid_lines_by_tls(self) -> None:
        """The golden lines are the same lines inside TLS, whole and byte by byte."""
        client = self.person()
        for case in LINES["valid"]:
            line = bytes.fromhex(case["line_hex"])
            if len(line) < 40:
                for byte in line:
                    client.raw(bytes([byte]))
            else:
                client.raw(line)
        client.barrier()
        self.assertIsNone(client.find("ERRO"), "a valid line was refused")

    def test_invalid_lines(self) -> None:
        """Every invalid golden line is answered by ERRO sintaxe, with the seq and verb that could be read."""
        for case in LINES["invalid"]:
            line = bytes.fromhex(case["line_hex"])
            if len(line) > wire.LIMIT:
                continue
            client = self.text()
            client.raw(line)
            self.assertEqual(verdict(client.wait("ERRO")), wire.judge(line), case)
            client.barrier()
            client.drop()

    def test_missing_keys_and_values_out_of_their_sets(self) -> None:
        """A missing required key or a value out of its set is sintaxe, before registration is looked at."""
        for case in LINES["missing_key"] + LINES["value_out_of_its_set"]:
            for client in (self.text(), self.person()):
                client.raw(case["line"].encode())
                verb = case["line"].split(" ")[0]
                self.assertEqual(verdict(client.wait("ERRO")), ("sintaxe", 2, verb), case)
                client.drop()

    def test_values_in_their_sets(self) -> None:
        """A value in its set is not a syntax error."""
        for line in LINES["value_in_its_set"]:
            client = self.person()
            client.raw(line.encode())
            if line.startswith("PEDIDO-ENCERRAMENTO"):
                self.assertEqual(client.end()[-1].keys["codigo"], "pedido")
                continue
            client.barrier()
            refusal = client.find("ERRO")
            self.assertNotEqual(refusal and refusal.keys["codigo"], "sintaxe", line)
            client.drop()

    def test_unknown_verbs(self) -> None:
        """An unknown verb is ERRO desconhecido, and any number of them closes nothing."""
        for client in (self.text(), self.person()):
            for _ in range(6):
                client.raw(b"FOO-BAR 2 a=b\n")
                self.erro(client.wait("ERRO"), "desconhecido", "FOO-BAR", 2)
            client.raw(b"FOO-BAR 7 a=%\n")
            self.erro(client.wait("ERRO"), "sintaxe", "FOO-BAR", 7)
            client.barrier()

    def test_verbs_of_the_registry(self) -> None:
        """A verb that only the registry sends is an ERRO when a client sends it, and closes nothing."""
        client = self.person()
        for line in (b"TABELA-FIM 3 rev=1\n", b"CONVITE-PERDIDO 4 de=ana hora=1\n"):
            client.raw(line)
            answer = client.wait("ERRO")
            self.assertIn(answer.keys["codigo"], {"desconhecido", "fora-de-ordem", "sintaxe"})
        client.barrier()


class Counting(Case):
    """When a connection is closed for its syntax."""

    def bad(self, client: Client, line: bytes = b"VIVO 9 t=%\n") -> wire.Line:
        """Send a bad line and return its ERRO."""
        client.raw(line)
        return client.wait("ERRO")

    def test_third_error_closes(self) -> None:
        """The third syntax error closes after its ERRO; good lines do not reset, unknown verbs not count."""
        for client in (self.text(), self.tls(), self.person()):
            for _ in range(2):
                self.assertEqual(self.bad(client).keys["codigo"], "sintaxe")
                client.barrier()
                client.raw(b"FOO-BAR 2\n")
                client.wait("ERRO", codigo="desconhecido")
            client.raw(b"VIVO 9 t=%\nVIVO 10 t=never\n")
            lines = client.end()
            self.assertEqual([line.keys["codigo"] for line in lines if line.verb == "ERRO"], ["sintaxe"])
            self.assertFalse([line for line in lines if line.verb == "VIVO-OK"], "read after the third error")

    def test_other_refusals_do_not_count(self) -> None:
        """An ERRO that is not sintaxe never counts towards the third."""
        client = self.text()
        for _ in range(5):
            self.erro(client.ask("PEDIDO-CONSULTA", nome="ana"), "nao-registrado", "PEDIDO-CONSULTA")
        client.barrier()

    def over_long(self, client: Client, line: bytes) -> None:
        """Assert that this closes the connection."""
        client.raw(line)
        lines = [line for line in client.end() if line.verb != "TABELA-MUDOU"]
        self.assertLessEqual(len(lines), 1)
        for answer in lines:
            self.erro(answer, "sintaxe", answer.keys["verbo"])
            self.assertIn(answer.keys["verbo"], {"VIVO", "-"})
            self.assertIn(answer.seq, {0, 2})

    def test_over_long_line(self) -> None:
        """An over-long line closes the connection without waiting for its end."""
        start = b"VIVO 2 t=1 x="
        for size in (4096, 4097, 5000):
            self.over_long(self.text(), start + b"a" * (size - len(start)))
        self.over_long(self.tls(), start + b"a" * 5000)
        self.over_long(self.person(), start + b"a" * 5000)

    def test_over_long_line_with_its_end(self) -> None:
        """4097 bytes with the end are one too many, with LF as with CRLF; 4096 are not."""
        start = b"VIVO 2 t=1 x="
        for end in (b"\n", b"\r\n"):
            self.over_long(self.text(), start + b"a" * (4097 - len(start) - len(end)) + end)
            client = self.text()
            client.raw(start + b"a" * (4096 - len(start) - len(end)) + end)
            client.wait("VIVO-OK", seq=2)

    def test_lines_before_an_over_long_one(self) -> None:
        """Lines before an over-long one are obeyed."""
        client = self.text()
        client.raw(b"VIVO 1 t=before\n" + b"x" * 6000)
        self.assertEqual(client.end()[0].keys.get("t"), "before")

    def test_answer_that_would_be_over_long(self) -> None:
        """A line whose answer would not fit makes no line of more than 4096 bytes and harms nothing."""
        client = self.text()
        client.raw(b"VIVO 2 t=" + b"a" * 4086 + b"\n")
        client.barrier()


class Flow(Case):
    """Pieces, pipelines and closes."""

    def test_pieces(self) -> None:
        """Lines may come in any pieces, several in one or one in several, a CRLF cut in two."""
        client = self.text()
        client.raw(b"VIVO 1 t=a\r")
        time.sleep(0.05)
        client.raw(b"\nVIVO 2 t=b\nVI")
        client.wait("VIVO-OK", seq=2)
        client.raw(b"VO 3 t=c\r\nVIVO 4 t=d\n")
        self.assertEqual([client.wait("VIVO-OK", seq=seq).keys["t"] for seq in (1, 3, 4)], ["a", "c", "d"])

    def test_pipeline(self) -> None:
        """Requests may be pipelined; every answer carries the seq of its own request."""
        client = self.tls()
        values = client.credentials(f"pipa{os.getpid()}")
        lines = [wire.render("PEDIDO-REGISTRO", 1, **values)]
        lines += [
            wire.render("PEDIDO-CONSULTA", 2 + i, nome=f"ninguem{i}")
            if i % 2
            else wire.render("VIVO", 2 + i, t=i)
            for i in range(40)
        ]
        client.raw(b"".join(lines))
        client.wait("REGISTRO-BEM-SUCEDIDO", seq=1)
        for i in range(40):
            answer = client.wait(None, seq=2 + i)
            self.assertEqual(answer.verb, "CONSULTA-MAL-SUCEDIDA" if i % 2 else "VIVO-OK")

    def test_seq_zero(self) -> None:
        """A seq may be 0, the largest, or one used before."""
        client = self.text()
        for seq in (0, 0, 999999999):
            client.raw(wire.render("VIVO", seq, t="x"))
            client.wait("VIVO-OK", seq=seq)

    def test_obeyed_before_an_orderly_close(self) -> None:
        """Lines that arrive before an orderly close are obeyed."""
        watcher = self.person("olga")
        for plain in (True, False):
            client = self.person("caio", plain=plain)
            values = invitation(watcher.name)
            client.raw(wire.render("CONVITE", 5, **values))
            client.stream.finish()
            self.assertEqual(watcher.wait("CONVITE").keys["de"], client.name)
            watcher.wait("ENCERRAR-LIGACAO", codigo="cancelada")
            settle(watcher)

    def test_half_close_is_answered(self) -> None:
        """What a client asked on the plain endpoint before it closed its half is still done, as with nc."""
        client = self.text()
        client.raw(b"VIVO 1 t=a\nVIVO 2 t=b\n")
        client.stream.socket.shutdown(socket.SHUT_WR)
        self.assertEqual([line.keys["t"] for line in client.end()], ["a", "b"])

    def test_garbage(self) -> None:
        """Random bytes on either port end that connection at most."""
        chance = random.Random(5)
        for _ in range(20):
            for port in (self.daemon.port, self.daemon.plain_port):
                with connect(self.daemon.host, port) as sock, contextlib.suppress(ConnectionError):
                    sock.sendall(chance.randbytes(chance.randint(1, 5000)))
        for client in (self.text(), self.tls()):
            client.barrier()


class Values(Case):
    """Section 8: numbers, bytes and commas in values."""

    GOOD = (
        b"PEDIDO-TABELA 2 desde=0\n",
        b"PEDIDO-TABELA 2 desde=999999999999999 limite=1\n",
        b"PEDIDO-TABELA 2 limite=007\n",
        b"PEDIDO-TABELA 2 x=a%2Cb recursos=a%2Cb\n",
        b"ACOMPANHAR 2 nomes=a%2Cb,c\n",
    )
    BAD = (
        b"PEDIDO-TABELA 2 desde=\n",
        b"PEDIDO-TABELA 2 desde=-1\n",
        b"PEDIDO-TABELA 2 desde=+1\n",
        b"PEDIDO-TABELA 2 desde=1.0\n",
        b"PEDIDO-TABELA 2 desde=1_0\n",
        b"PEDIDO-TABELA 2 limite=1000000000000000\n",
        "PEDIDO-TABELA 2 limite=٣\n".encode(),
        b"PEDIDO-TABELA 2 limite=%205\n",
        b"PEDIDO-TABELA 2 prefixo=a%2Cb\n",
        b"PEDIDO-CONSULTA 2 nome=a%2Cb\n",
        b"VIVO 2 t=a%2Cb\n",
        b"ESTADO 2 estado=Livre\n",
    )

    def test_numbers_and_commas(self) -> None:
        """Numbers are 1-15 ASCII digits; %2C is legal in lists and unknown keys alone."""
        for line in self.GOOD:
            client = self.person(plain=True)
            client.raw(line)
            client.barrier()
            self.assertIsNone(client.find("ERRO"), line)
        for line in self.BAD:
            client = self.person(plain=True)
            client.raw(line)
            self.erro(client.wait("ERRO"), "sintaxe", line.split()[0].decode(), 2)

    def test_lengths(self) -> None:
        """Bytes have their exact length, no padding, no foreign character, no stray bit, in every verb."""
        lengths = {"chamada": 16, "compromisso": 32, "efemera": 32, "sig": 64}
        for verb, (need, _) in wire.CLIENT.items():
            for key, size in (
                (key, lengths[key]) for key in need if key in lengths and verb != "PEDIDO-REGISTRO"
            ):
                good = os.urandom(size)
                text = wire.b64(good)
                stray = wire.b64(good[:-1] + b"\0")[:-1] + "B"
                bad = [wire.b64(good[:-1]), wire.b64(good + b"\0"), "", text + "=", "!" + text[1:], stray]
                client = self.text()
                for count, value in enumerate(bad):
                    if count == 2 or count == 4:
                        client = self.text()
                    keys: dict[str, object] = {name: b"\1" * lengths.get(name, 1) for name in need}
                    keys.update({"hora": 1, "codigo": "normal", "para": "ana", "candidatos": [], key: value})
                    if verb == "CONVITE-REJEITADO":
                        keys["codigo"] = "recusado"
                    line = wire.render(verb, 2, **{name: keys[name] for name in need})
                    client.raw(line)
                    self.erro(client.wait("ERRO"), "sintaxe", verb, 2)


class Fuzz(Case):
    """Random damage, judged twice."""

    SEEDS = (
        b"VIVO 7 t=abc%20d\n",
        "VIVO 3 t=joão x=a%2Cb\r\n".encode(),
        b"PEDIDO-CONSULTA 12 nome=ana.maria\n",
        b"PEDIDO-TABELA 1 desde=17 prefixo=a limite=20\n",
        b"ACOMPANHAR 5 nomes=ana,b%2Cc,d\n",
        b"ESTADO 44 estado=nao-perturbe\n",
        b"TOCANDO 8 chamada=8PHy8_T19vf4-fr7_P3-_w\n",
        b"CAMINHOS 9 chamada=8PHy8_T19vf4-fr7_P3-_w candidatos=192.0.2.7@4000@host\n",
        b"ENCERRAR-LIGACAO 10 chamada=8PHy8_T19vf4-fr7_P3-_w codigo=normal motivo=%25%0A\n",
        b"PACOTE 11 chamada=8PHy8_T19vf4-fr7_P3-_w dado=AAAA\n",
    )
    PIECES: tuple[bytes, ...] = (
        b" ",
        b"  ",
        b"=",
        b"%",
        b"%2C",
        b"%20",
        b"%41",
        b"\xc3",
        b"\xc3\xa3",
        b"\0",
        b"\r",
        b"\t",
        b"\x7f",
    )
    PIECES += (
        b"a",
        b"Z",
        b"-",
        b"0",
        b"9",
        b",",
        b" t=1",
        b" x=%0A",
        b"\xed\xa0\x80",
        b"\xe2\x80\xa8",
        b"@",
        b"+",
    )
    ROUNDS = 600

    def damage(self, chance: random.Random) -> bytes:
        """Return a line with a few bytes changed; it stays one line."""
        body = bytearray(chance.choice(self.SEEDS).rstrip(b"\r\n"))
        for _ in range(chance.randint(0, 2)):
            at = chance.randint(0, len(body))
            length = chance.choice((0, 0, 1, 1, 3))
            body[at : at + length] = chance.choice((*self.PIECES, b""))
        return bytes(body).replace(b"\n", b"") + chance.choice((b"\n", b"\n", b"\r\n"))

    def test_judgement(self) -> None:
        """A damaged line gets the one answer that the grammar gives it, with its seq and verb."""
        chance = random.Random(20)
        client, errors = self.text(), 0
        for _ in range(self.ROUNDS):
            line = self.damage(chance)
            wanted = wire.judge(line)
            if wanted[2] in {"PEDIDO-ENCERRAMENTO", "PEDIDO-REGISTRO"} or line.startswith(b"VIVO-OK"):
                continue
            client.raw(line)
            answer = client.wait(None)
            self.assertEqual(verdict(answer), wanted, line)
            errors += wanted[0] == "sintaxe"
            if errors == 3:
                self.assertEqual(client.end(), [])
                client, errors = self.text(), 0
