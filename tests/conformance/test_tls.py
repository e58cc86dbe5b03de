"""Section 1: what any client of TLS 1.3 may do, and how a connection ends."""

import socket

from OpenSSL import SSL

from tests.conformance import wire
from tests.conformance.case import Case, fresh_name
from tests.conformance.client import Client
from tests.conformance.streams import TlsStream, connect

SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")


class AnyClient(Case):
    """Clients of other libraries."""

    def stream(self, change: SSL.Context, session: SSL.Session | None = None) -> TlsStream:
        """Connect with a context of the test's own."""
        sock = connect(self.daemon.host, self.daemon.port)
        made = TlsStream.__new__(TlsStream)
        made.socket, made.tls = sock, SSL.Connection(change, sock)
        made.tls.set_connect_state()
        if session is not None:
            made.tls.set_session(session)
        sock.settimeout(None)
        made.tls.do_handshake()
        sock.setblocking(False)
        self.assertEqual(made.fingerprint(), self.daemon.pin)
        return made

    def test_every_suite(self) -> None:
        """Each cipher suite of TLS 1.3 serves, and its exporter signs a registration."""
        for suite in SUITES:
            context = SSL.Context(SSL.TLS_CLIENT_METHOD)
            context.set_tls13_ciphersuites(suite.encode())
            stream = self.stream(context)
            client = self.keep(Client(stream))
            self.assertEqual(stream.tls.get_cipher_name(), suite)
            client.register(fresh_name("ana"))

    def test_alpn_and_name(self) -> None:
        """A client that offers ALPN and a server name is served like any other; the registry chooses none."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_alpn_protos([b"h2", b"http/1.1"])
        stream = self.stream(context)
        self.assertEqual(stream.tls.get_alpn_proto_negotiated(), b"")
        self.keep(Client(stream)).register(fresh_name("ana"))

    def test_session_again(self) -> None:
        """A client that offers the session of an earlier connection gets a fresh exporter all the same."""
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        first = self.stream(context)
        self.keep(Client(first)).barrier()
        second = self.stream(context, first.tls.get_session())
        self.assertNotEqual(first.exporter(), second.exporter())
        self.keep(Client(second)).register(fresh_name("ana"))


class Ends(Case):
    """An end that the registry makes is told in TLS, so that nobody can cut a connection and be believed."""

    def assert_told(self, client: Client) -> None:
        """Read to the end, which must be close_notify."""
        assert isinstance(client.stream, TlsStream)
        client.stream.socket.settimeout(10)
        tls = client.stream.tls
        said = b""
        try:
            while True:
                try:
                    said += tls.recv(65536)
                except SSL.WantReadError:
                    client.stream.socket.setblocking(True)
        except SSL.ZeroReturnError:
            pass
        self.assertTrue(said.endswith(b"\n"), said)

    def test_asked_for(self) -> None:
        """After PEDIDO-ENCERRAMENTO, registered or not."""
        for client in (self.tls(), self.person()):
            client.barrier()
            client.raw(wire.render("PEDIDO-ENCERRAMENTO", 1))
            self.assert_told(client)

    def test_errors(self) -> None:
        """After the third syntax error, and after a line that is too long."""
        for bytes_ in (b"x\n" * 3, b"V" * 4097):
            client = self.tls()
            client.raw(bytes_)
            self.assert_told(client)

    def test_replaced(self) -> None:
        """When a newer connection has the name."""
        client = self.person()
        client.barrier()
        self.again(client)
        self.assert_told(client)

    def test_neither_side_hangs(self) -> None:
        """A client that answers close_notify sees the end of TCP at once."""
        client = self.tls()
        client.raw(wire.render("PEDIDO-ENCERRAMENTO", 1))
        self.assert_told(client)
        assert isinstance(client.stream, TlsStream)
        client.stream.tls.shutdown()
        client.stream.socket.shutdown(socket.SHUT_WR)
        client.stream.socket.settimeout(1.5)
        self.assertEqual(client.stream.socket.recv(1), b"")
