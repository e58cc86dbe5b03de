"""Who is spoken to: servers that are not who they say, over real sockets."""

from kivy_client.cli_texts import Status
from tests.integration.test_call import CallCase
from tests.support.man_in_the_middle import Middle


class MiddleTests(CallCase):
    """Somebody sits between the client and the registry."""

    def middle(self, onwards: bool = False) -> Middle:
        """Put him there."""
        port = int(self.server.partition("//")[2].partition("/")[0].rpartition(":")[2])
        middle = Middle(self.folder, port if onwards else None)
        self.addCleanup(middle.close)
        return middle

    def test_a_wrong_fingerprint_gets_no_byte(self) -> None:
        """A server that has not the key of the address is hung up on before a byte of ours is sent."""
        middle = self.middle()
        right = self.server.partition("#")[2]
        ana = self.client("ana", "tabela", server=f"{middle.address}#{right}")
        self.ends(ana, Status.FINGERPRINT)
        self.assertEqual(b"", middle.heard)
        self.assertIn("nada foi enviado", ana.output)

    def test_a_server_that_changes(self) -> None:
        """A server that was accepted and shows another key later gets no byte either."""
        first = self.middle()
        ana = self.client("ana", "--confiar", "tabela", server=first.address)
        ana.read_until("> PEDIDO-REGISTRO")
        ana.kill()
        pins = self.folder / "estado-ana" / "servidores.json"
        second = self.middle()
        pins.write_text(pins.read_text("utf-8").replace(str(first.port), str(second.port)), "utf-8")
        self.ends(self.client("ana", "--confiar", "tabela", server=second.address), Status.FINGERPRINT)
        self.assertEqual(b"", second.heard)

    def test_a_login_that_is_relayed(self) -> None:
        """A login made on the middle's connection is worth nothing on his own to the registry: he cannot be
        «ana».
        """
        middle = self.middle(onwards=True)
        ana = self.client("ana", "--confiar", "tabela", server=middle.address)
        self.ends(ana, Status.REGISTRATION)
        self.assertIn(b"PEDIDO-REGISTRO", middle.heard)
        self.assertIn("codigo=assinatura", ana.output)
