"""Runs inside a network namespace of its own: default start, both families, limits for foreign addresses.

``unshare -rn python -m tests.conformance.inside`` prints one line a check and ends with status 1 when one
failed.
"""

import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from OpenSSL import SSL

from tests.conformance import stun, wire
from tests.conformance.case import Call, invitation
from tests.conformance.client import Client, open_tls, settle
from tests.conformance.daemon import TWISTD, Daemon
from tests.conformance.leg import UDP_TRANSPORT, Credentials, Leg, reaches
from tests.conformance.streams import TlsStream, connect

ADDRESSES = (
    "192.0.2.1/24",
    "192.0.2.2/24",
    "198.51.100.1/24",
    "2001:db8::1/64",
    "2001:db8::2/64",
    "2001:db8:1::1/64",
)
PORT = 5000


class DefaultDaemon(Daemon):
    """``twistd -n salaregistro`` and nothing else, in a fresh home."""

    def command(self) -> list[str]:
        """Return the command line."""
        return [str(TWISTD), "-n", "--pidfile=", "salaregistro"]


def network() -> None:
    """Give the loopback interface of this namespace foreign addresses too."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in ADDRESSES:
        extra = ["nodad"] if ":" in address else []
        subprocess.run(["ip", "address", "add", address, "dev", "lo", *extra], check=True)


def bound(daemon: Daemon, source: str) -> Client:
    """Connect from this address to the same address."""
    return Client(TlsStream(connect(source, PORT, source=source), daemon.pin))


def login(client: Client, name: str) -> Client:
    """Register."""
    client.register(name)
    return client


def listens(daemon: Daemon) -> None:
    """Without arguments the registry listens on port 5000 of both families."""
    assert daemon.port == PORT, daemon.port
    for host in ("127.0.0.1", "::1", "192.0.2.1", "2001:db8::1"):
        open_tls(host, PORT, daemon.pin).barrier()


def relay_of_the_side(daemon: Daemon) -> None:
    """The relay's host is the local address of each side's TLS connection; families meet."""
    ana, bia = login(bound(daemon, "2001:db8::1"), "ana"), login(bound(daemon, "192.0.2.1"), "bia")
    call = Call(os.urandom(16), ana, bia)
    ana.send("CONVITE", **invitation("bia", call.id))
    lines = [client.wait("LIGACAO", chamada=call.text) for client in (ana, bia)]
    reles = [line.items("reles") for line in lines]
    assert reles == [["turn:[2001:db8::1]:5000"], ["turn:192.0.2.1:5000"]], reles
    one, two = (Leg(Credentials.of(line)) for line in lines)
    for leg in (one, two):
        assert leg.allocate().address(stun.MAPPED) == leg.address, leg.address
    for leg, other in ((one, two), (two, one)):
        answer = leg.bind(other.relayed)
        assert answer.kind == stun.BIND | stun.SUCCESS, (answer.code, leg.relayed, other.relayed)
    assert reaches(one, two), "from IPv6 to IPv4"
    assert reaches(two, one), "from IPv4 to IPv6"
    settle(ana, bia)


def flood(sources: list[str], server: str, request: Callable[[], bytes], count: int) -> tuple[int, float]:
    """Send requests from these addresses in turn; return how many answers came and in what time."""
    legs = [Leg(Credentials((server, PORT), "", ""), source=source) for source in sources]
    began = time.monotonic()
    for index in range(count):
        legs[index % len(legs)].send(request())
        if index % 16 == 15:
            time.sleep(0.001)
    answers = 0
    last = began
    for leg in legs:
        while leg.receive(0.3) is not None:
            answers += 1
            last = time.monotonic()
    return answers, last - began


def _binding() -> bytes:
    return stun.build(stun.BINDING, [])


def _allocate() -> bytes:
    return stun.build(stun.ALLOCATE, [UDP_TRANSPORT])


def _limited(sources: list[str], request: Callable[[], bytes], rate: int) -> None:
    answers, took = flood(sources, sources[0], request, rate * 5)
    assert answers <= rate * (1 + took) + rate * 0.1 + 1, (
        f"{answers} answers in {took:.2f} s, {rate}/s allowed"
    )
    assert answers >= rate * 0.5, f"{answers} answers, {rate}/s allowed"


def binding_limit(_: Daemon) -> None:
    """20 Binding answers a second for each /24 or /64; another network is served meanwhile."""
    _limited(["192.0.2.1", "192.0.2.2"], _binding, 20)
    other = Leg(Credentials(("198.51.100.1", PORT), "", ""), source="198.51.100.1")
    flood(["192.0.2.1"], "192.0.2.1", _binding, 40)
    other.ask(_binding())
    _limited(["2001:db8::1", "2001:db8::2"], _binding, 20)
    Leg(Credentials(("2001:db8:1::1", PORT), "", ""), source="2001:db8:1::1").ask(_binding())


def challenge_limit(_: Daemon) -> None:
    """100 challenges a second for each /24 or /64."""
    _limited(["192.0.2.1", "192.0.2.2"], _allocate, 100)
    _limited(["2001:db8::1", "2001:db8::2"], _allocate, 100)


def loopback_is_exempt(_: Daemon) -> None:
    """Loopback is exempt from both, in both families."""
    for host in ("127.0.0.1", "::1"):
        for request in (_binding, _allocate):
            leg = Leg(Credentials((host, PORT), "", ""))
            for _count in range(130):
                leg.ask(request())


def lines_limit(daemon: Daemon) -> None:
    """Over a limit a foreign address gets ERRO limite with espera, while another client is served."""
    flooder, other = bound(daemon, "198.51.100.1"), open_tls("127.0.0.1", PORT, daemon.pin)
    flooder.raw(b"".join(wire.render("VIVO", 7, t="x") for _ in range(2000)))
    line = flooder.wait("ERRO")
    assert line.keys["codigo"] == "limite", line
    assert "espera" in line.keys, line
    other.barrier()


def names_limit(daemon: Daemon) -> None:
    """The limit on new names an hour holds, with the code limite, and names that exist may come back."""
    first: Client | None = None
    for index in range(400):
        client = bound(daemon, "198.51.100.1")
        answer = client.ask("PEDIDO-REGISTRO", **client.credentials(f"nome{index}"))
        if answer.verb != "REGISTRO-BEM-SUCEDIDO":
            assert answer.keys["codigo"] == "limite", answer
            assert "espera" in answer.keys, answer
            break
        first = first or client
        if first is not client:
            client.raw(wire.render("PEDIDO-ENCERRAMENTO", 1))
            client.drop()
    else:
        raise AssertionError("400 new names in a minute were allowed")
    assert first is not None
    back = bound(daemon, "198.51.100.1")
    back.register("nome0", first.key)


CHECKS: tuple[Callable[[Daemon], None], ...] = (
    listens,
    relay_of_the_side,
    binding_limit,
    challenge_limit,
    loopback_is_exempt,
    lines_limit,
    names_limit,
)


def main() -> int:
    """Run all checks against one daemon."""
    network()
    home = tempfile.mkdtemp(prefix="sala-conformance-home-")
    os.environ.update({"HOME": home})
    for name in ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        os.environ.pop(name, None)
    daemon = DefaultDaemon(plain=False, state=Path(home))
    failed = 0
    try:
        daemon.start()
        for check in CHECKS:
            try:
                check(daemon)
                sys.stdout.write(f"ok {check.__name__}\n")
            except (AssertionError, OSError, LookupError, ValueError, SSL.Error):
                failed += 1
                sys.stdout.write(f"FAILED {check.__name__}\n{traceback.format_exc()}\n")
    finally:
        daemon.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
