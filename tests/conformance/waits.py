"""What takes long: every scenario runs in its own thread from the start, so that all cost one wait.

``begin`` is called by the first live test when ``test_waits`` is among the loaded modules; ``result`` waits
for one.
"""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from tests.conformance import stun, wire
from tests.conformance.case import exchange, fresh_name, invitation, ring, talk
from tests.conformance.client import Client, settle
from tests.conformance.daemon import ROOT, Daemon
from tests.conformance.leg import Credentials, Leg, reaches
from tests.conformance.streams import connect

LATE = 15.0
"""Seconds after which something that is due counts as missing on a busy machine."""

GONE = (0, -signal.SIGTERM)
"""How twistd ends after SIGTERM."""

Scenario = Callable[[Daemon], None]
_futures: dict[str, Future[None]] = {}
_lock = threading.Lock()
_shared = Daemon()


def person(daemon: Daemon, base: str = "ana") -> Client:
    """Connect and register a new name."""
    client = daemon.tls()
    client.register(fresh_name(base + "w"))
    return client


def idle(seconds: float, *clients: Client) -> None:
    """Let time pass; these clients stay alive."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for client in clients:
            client.barrier()
        time.sleep(min(left, 4.0))
    for client in clients:
        client.barrier()


def ended_within(client: Client, seconds: float) -> None:
    """Assert that the connection ends in this time; what it still says is left pending."""
    client.patience = seconds
    client.pending = client.end()


def again(daemon: Daemon, client: Client) -> Client:
    """Register the name of a client once more."""
    other = daemon.tls()
    other.register(client.name, client.key)
    return other


def ring_times_out(daemon: Daemon) -> None:
    """A ring lasts 45 s; then nao-atende to both, seq 0, without de, and both are livre."""
    ana, bia = person(daemon), person(daemon, "bia")
    call = ring(ana, bia)
    bia.send("TOCANDO", chamada=call.id)
    ana.wait("TOCANDO")
    idle(40, ana, bia)
    ana.refuse("CONVITE-REJEITADO")
    bia.refuse("ENCERRAR-LIGACAO")
    ana.patience = bia.patience = 5 + LATE
    told = ana.wait("CONVITE-REJEITADO", chamada=call.text, codigo="nao-atende")
    ended = bia.wait("ENCERRAR-LIGACAO", chamada=call.text, codigo="nao-atende")
    assert "de" not in told.keys, told
    assert "de" not in ended.keys, ended
    assert ended.seq == 0, ended
    for client in (ana, bia):
        state = client.ask("PEDIDO-CONSULTA", nome=client.name).keys["estado"]
        assert state == "livre", (client.name, state)
    ring(ana, bia)


def silent_is_dropped(daemon: Daemon) -> None:
    """A registered connection silent for 45 s is dropped and its name becomes fora; one that speaks lives."""
    silent, watcher, speaks = person(daemon), person(daemon, "olga"), person(daemon, "fala")
    for _ in range(2):
        idle(18, watcher)
        speaks.send("ESTADO", estado="ausente")
    assert not silent.ended
    state = watcher.ask("PEDIDO-CONSULTA", nome=silent.name).keys["estado"]
    assert state == "livre", f"dropped before 45 s: {state}"
    ended_within(silent, 9 + LATE)
    watcher.wait("TABELA-MUDOU", nome=silent.name, estado="fora")
    speaks.barrier()


def tls_must_finish(daemon: Daemon) -> None:
    """A connection that has not finished TLS in 5 s is dropped, whatever it sent of its ClientHello."""
    for start in (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        with connect(daemon.host, daemon.port) as sock:
            sock.sendall(start)
            began = time.monotonic()
            sock.settimeout(5 + LATE)
            with contextlib.suppress(ConnectionError):
                while sock.recv(4096):
                    pass
            assert time.monotonic() - began > 2.5, "dropped long before 5 s"


def must_register(daemon: Daemon) -> None:
    """A connection that has not registered in 10 s is dropped, by TLS and plain, though it says VIVO."""
    clients = [daemon.tls(), daemon.text()]
    idle(6, *clients)
    end = time.monotonic() + 4 + LATE
    while time.monotonic() < end and not all(client.ended for client in clients):
        for client in clients:
            client.send("VIVO", t="x")
            client.read(0.5)
        time.sleep(0.5)
    for client in clients:
        ended_within(client, 1.0)


def both_away(daemon: Daemon) -> None:
    """An accepted call ends when neither has been connected for 60 s; one who stays keeps it."""
    watcher = person(daemon, "olga")
    forgotten, short, kept = (talk(person(daemon), person(daemon, "bia")) for _ in range(3))
    for client in (forgotten.caller, forgotten.callee, short.caller, short.callee, kept.caller):
        client.drop()
    idle(45, watcher, kept.callee)
    caller, callee = again(daemon, short.caller), again(daemon, short.callee)
    caller.send("CAMINHOS", chamada=short.id, candidatos=[])
    callee.wait("CAMINHOS", chamada=short.text)
    idle(20, watcher, kept.callee, caller, callee)
    back = again(daemon, forgotten.caller)
    deadline = time.monotonic() + LATE
    while (answer := back.ask("CAMINHOS", chamada=forgotten.id, candidatos=[])).keys[
        "codigo"
    ] != "nao-encontrado":
        assert time.monotonic() < deadline, answer
    state = watcher.ask("PEDIDO-CONSULTA", nome=back.name).keys["estado"]
    assert state == "livre", state
    late = again(daemon, kept.caller)
    late.send("CHAVE", chamada=kept.id, **exchange())
    kept.callee.wait("CHAVE", chamada=kept.text)


def _pair(daemon: Daemon) -> tuple[Leg, Leg]:
    ana, bia = person(daemon), person(daemon, "bia")
    ana.send("CONVITE", **invitation(bia.name))
    one, two = (Leg(Credentials.of(client.wait("LIGACAO"))) for client in (ana, bia))
    for leg in (one, two):
        leg.allocate()
    for leg, other in ((one, two), (two, one)):
        assert leg.bind(other.relayed).kind == stun.BIND | stun.SUCCESS
    ana.drop()
    bia.drop()
    return one, two


def legs_expire(daemon: Daemon) -> None:
    """An allocation that is not refreshed is gone after 60 s; one that is refreshed lives."""
    (one, two), (three, four) = _pair(daemon), _pair(daemon)
    for _ in range(2):
        time.sleep(26)
        for leg in (three, four, two):
            assert leg.refresh().kind == stun.REFRESH | stun.SUCCESS
    assert reaches(one, two), "gone before 60 s"
    time.sleep(13)
    assert reaches(three, four)
    assert not reaches(one, two, tries=1)
    assert not reaches(two, one, tries=1)
    assert one.refresh().code == 437


FILL = wire.render("VIVO", 7, t="x" * 3000)


def stuff(client: Client) -> int:
    """Ask without reading until the registry reads no more; return how many bytes it took."""
    taken = 0
    with contextlib.suppress(TimeoutError):
        while taken < 64 << 20:
            taken += client.stream.send_some((FILL * 17)[taken % len(FILL) :], 1.0)
    assert taken < 64 << 20, "the registry reads requests whose answers it cannot write"
    return taken


def slow_is_closed(daemon: Daemon) -> None:
    """A client that does not read is closed after 15 s paused, while others are served without delay."""
    watcher = person(daemon, "olga")
    slow = [daemon.text(receive_buffer=4096), daemon.tls(receive_buffer=4096)]
    for client in slow:
        client.register(fresh_name("lento"))
        stuff(client)
    began = time.monotonic()
    watcher.barrier()
    assert time.monotonic() - began < 5
    watcher.patience = 15 + LATE
    for client in slow:
        assert watcher.ask("PEDIDO-CONSULTA", nome=client.name).keys["estado"] == "livre"
    for client in slow:
        watcher.wait("TABELA-MUDOU", nome=client.name, estado="fora")
        client.drop()
    assert time.monotonic() - began > 8, "closed long before 15 s"


def _terminated(daemon: Daemon, *clients: Client) -> None:
    daemon.terminate()
    for client in clients:
        notice = client.wait("AVISO")
        assert (notice.seq, notice.keys["codigo"]) == (0, "manutencao"), notice
    deadline = time.monotonic() + LATE
    for port in (daemon.port, daemon.plain_port):
        while _accepts(daemon, port):
            assert time.monotonic() < deadline, f"port {port} still accepts"
            time.sleep(0.1)


def _accepts(daemon: Daemon, port: int) -> bool:
    try:
        with socket.create_connection((daemon.host, port), 5):
            return True
    except OSError:
        return False


def _last_word(*clients: Client) -> None:
    for client in clients:
        client.patience = LATE + 5
        last = [line for line in client.end() if line.verb != "TABELA-MUDOU"][-1]
        assert (last.verb, last.keys.get("codigo"), last.seq) == ("ENCERRADO", "encerrando", 0), last


def drain_to_the_end(_: Daemon) -> None:
    """While draining rings end, calls and legs go on, nobody comes; then all get ENCERRADO."""
    daemon = Daemon("--drenar", "8").start()
    try:
        _drain_to_the_end(daemon)
    finally:
        daemon.stop()


def _drain_to_the_end(daemon: Daemon) -> None:
    ana, bia, caio, davi, olga, nina = (person(daemon, base) for base in ("a", "b", "c", "d", "o", "n"))
    ana.send("CONVITE", **invitation(bia.name, bytes(16)))
    one, two = (Leg(Credentials.of(client.wait("LIGACAO"))) for client in (ana, bia))
    bia.send("CONVITE-ACEITO", chamada=bytes(16), **exchange())
    ana.wait("CONVITE-ACEITO")
    for leg in (one, two):
        leg.allocate()
    for leg, other in ((one, two), (two, one)):
        leg.bind(other.relayed)
    ringing, stranger = ring(caio, davi), daemon.tls()
    began = time.monotonic()
    _terminated(daemon, ana, bia, caio, davi, olga)
    refused = caio.wait("CONVITE-REJEITADO", chamada=ringing.text, codigo="encerrando")
    ended = davi.wait("ENCERRAR-LIGACAO", chamada=ringing.text, codigo="encerrando")
    for line in (refused, ended):
        assert line.seq == 0, line
        assert "de" not in line.keys, line
    for name in (caio.name, olga.name, ana.name, "ninguem"):
        answer = olga.ask("CONVITE", **invitation(name))
        assert (answer.verb, answer.keys["codigo"]) == ("CONVITE-REJEITADO", "encerrando"), answer
    assert olga.ask("PEDIDO-CONSULTA", nome=ana.name).keys["estado"] == "ocupado"
    nina.drop()
    for name, key in ((nina.name, nina.key), (fresh_name("nova"), stranger.key)):
        answer = stranger.ask("PEDIDO-REGISTRO", **stranger.credentials(name, key))
        assert (answer.verb, answer.keys["codigo"]) == ("REGISTRO-MAL-SUCEDIDO", "encerrando"), answer
    for sender, reader in ((ana, bia), (bia, ana)):
        sender.send("CAMINHOS", chamada=bytes(16), candidatos=["192.0.2.1@4000@host"])
        reader.wait("CAMINHOS")
        sender.send("PACOTE", chamada=bytes(16), dado=b"voz")
        reader.wait("PACOTE")
    assert reaches(one, two)
    assert one.refresh().kind == stun.REFRESH | stun.SUCCESS
    _last_word(ana, bia, caio, davi, olga)
    assert time.monotonic() - began > 5, "the drain time was cut short"
    assert daemon.wait(LATE) in GONE, daemon.output[-5:]


def drain_until_calls_end(_: Daemon) -> None:
    """The daemon goes as soon as the calls in progress have ended, long before the drain time is over."""
    daemon = Daemon("--drenar", "300").start()
    try:
        ana, bia, olga = (person(daemon, base) for base in ("a", "b", "o"))
        call = talk(ana, bia)
        _terminated(daemon, ana, bia, olga)
        settle(ana, bia, olga)
        time.sleep(1)
        assert daemon.alive
        bia.send("ENCERRAR-LIGACAO", chamada=call.id, codigo="normal")
        ana.wait("ENCERRAR-LIGACAO", chamada=call.text)
        _last_word(ana, bia, olga)
        assert daemon.wait(LATE) in GONE
    finally:
        daemon.stop()


def nothing_to_drain(_: Daemon) -> None:
    """Without calls SIGTERM is AVISO, ENCERRADO encerrando, and the end at once."""
    daemon = Daemon().start()
    try:
        ana, other = person(daemon), daemon.text()
        daemon.terminate()
        for client in (ana, other):
            lines = [line for line in client.end() if line.verb != "TABELA-MUDOU"]
            assert [line.verb for line in lines] == ["AVISO", "ENCERRADO"], (client.name, lines)
            assert lines[-1].keys["codigo"] == "encerrando"
        assert daemon.wait(LATE) in GONE
    finally:
        daemon.stop()


def foreign_addresses(_: Daemon) -> None:
    """In a network of its own, without arguments: port 5000, dual stack, limits for each /24 and /64."""
    command = ["unshare", "-rn", sys.executable, "-m", "tests.conformance.inside"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


SCENARIOS: tuple[Scenario, ...] = (
    both_away,
    legs_expire,
    ring_times_out,
    silent_is_dropped,
    slow_is_closed,
    drain_to_the_end,
    drain_until_calls_end,
    nothing_to_drain,
    foreign_addresses,
    must_register,
    tls_must_finish,
)


def begin() -> None:
    """Start all scenarios, once; they share a daemon except where they end it."""
    with _lock:
        if not _futures:
            _shared.start()
            pool = ThreadPoolExecutor(len(SCENARIOS), "scenario")
            _futures.update({scenario.__name__: pool.submit(scenario, _shared) for scenario in SCENARIOS})


def result(scenario: Scenario) -> None:
    """Wait for a scenario and raise what it raised."""
    begin()
    _futures[scenario.__name__].result(timeout=180)
