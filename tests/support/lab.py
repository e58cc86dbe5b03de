"""A laboratory of network namespaces: a server, two people behind NATs of any kind, links that can be
changed.

Needs root, `ip netns` and /dev/net/tun; `missing()` says what is not there. Everything made here has the
process id in its name and is taken away by `close`.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from tests.support.lab_router import entered
from tests.support.path_peers import CALL, Peer, credentials
from voz.candidates import PathPolicy, Role
from voz.path.network import DatagramSocket, NetworkReactor, Receiver, SystemNetwork
from voz.path.watch import Watch
from voz.stun import Address

ROOT = Path(__file__).resolve().parents[2]
SECRET = b"segredo do laboratorio"
SERVER = "203.0.113.1"
SERVER6 = "2001:db8:5::1"
_PYTHON = sys.executable


def missing() -> str | None:
    """Why there can be no laboratory on this machine, or None."""
    if os.name != "posix" or os.geteuid() != 0:
        return "the laboratory needs root"
    if shutil.which("ip") is None:
        return "the laboratory needs iproute2"
    if not Path("/dev/net/tun").exists():
        return "the laboratory needs /dev/net/tun"
    probe = f"sala{os.getpid()}probe"
    if subprocess.run(["ip", "netns", "add", probe], check=False, capture_output=True).returncode:
        return "the laboratory needs network namespaces"
    subprocess.run(["ip", "netns", "del", probe], check=False, capture_output=True)
    return None


class Child:
    """A process that speaks JSON lines. Lines that are no JSON go to `said`."""

    def __init__(self, *command: str, stdin: bool = True) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self.errors: list[str] = []
        self._threads = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._complain, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                self.heard(json.loads(line))

    def _complain(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line.decode(errors="replace"))

    def heard(self, said: dict[str, Any]) -> None:
        """A JSON line came."""
        self.lines.put(said)

    def tell(self, **words: Any) -> None:
        """Send a JSON line."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(words).encode() + b"\n")
            self.process.stdin.flush()

    def answer(self, timeout: float = 20.0) -> dict[str, Any]:
        """The next JSON line."""
        return self.lines.get(timeout=timeout)

    def end(self) -> None:
        """Close its standard input, wait, and kill it if need be."""
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        else:
            self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        for thread in self._threads:
            thread.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


class NamespaceNetwork:
    """The network of another namespace: sockets are opened and questions asked in there. One thread only."""

    def __init__(self, reactor: NetworkReactor, namespace: str) -> None:
        self._inner = SystemNetwork(reactor)
        self._namespace = namespace

    def open(self, version: int, received: Receiver) -> DatagramSocket | None:
        """A socket in there."""
        with entered(self._namespace):
            return self._inner.open(version, received)

    def addresses(self, targets: Sequence[Address]) -> tuple[str, ...]:
        """The addresses in there."""
        with entered(self._namespace):
            return self._inner.addresses(targets)

    def resolve(self, host: str, port: int) -> Deferred[tuple[Address, ...]]:
        """Names mean the same everywhere."""
        return self._inner.resolve(host, port)

    def watch(self, changed: Callable[[], None]) -> Watch:
        """News of in there."""
        with entered(self._namespace):
            return self._inner.watch(changed)


class Lab:
    """Namespaces, the router between them, and the processes inside. Names of hosts: server, ana, bia."""

    def __init__(self) -> None:
        self.prefix = f"sala{os.getpid()}"
        self._namespaces: list[str] = []
        self._children: list[Child] = []
        self.router = self._child(_PYTHON, "-m", "tests.support.lab_router")
        self.relay: Child | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="sala-lab-"))
        self.secret = self._folder / "segredo"
        self.secret.write_bytes(SECRET)
        self.add_host("server")
        self.add_link("server", "net0", [SERVER, SERVER6])

    def _child(self, *command: str, stdin: bool = True) -> Child:
        child = Child(*command, stdin=stdin)
        self._children.append(child)
        return child

    def _ip(self, *words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def namespace(self, host: str) -> str:
        """The namespace of a host."""
        return f"{self.prefix}-{host}"

    def add_host(self, host: str) -> None:
        """A machine without links."""
        name = self.namespace(host)
        self._ip("netns", "add", name)
        self._namespaces.append(name)
        self._ip("-n", name, "link", "set", "lo", "up")

    def command(self, **words: Any) -> dict[str, Any]:
        """Tell the router."""
        self.router.tell(**words)
        return self.router.answer()

    def add_link(
        self, host: str, link: str, addresses: list[str], nat: str = "open", public: str = "", up: bool = True
    ) -> None:
        """A link of that name to the Internet, and if `up` the default route over it."""
        name = self.namespace(host)
        self.command(add=self.link(host, link), namespace=name, addresses=addresses, nat=nat, public=public)
        for address in addresses:
            size = "/64" if ":" in address else "/24"
            nodad = ["nodad"] if ":" in address else []
            self._ip("-n", name, "addr", "add", address + size, "dev", self.link(host, link), *nodad)
        if up:
            self.up(host, link)

    def link(self, host: str, link: str) -> str:
        """The name of the device and of the link."""
        return f"{host[:4]}{link}"

    def up(self, host: str, link: str) -> None:
        """Take the link into use, with the default routes over it."""
        name, device = self.namespace(host), self.link(host, link)
        self._ip("-n", name, "link", "set", device, "up")
        for family in ("-4", "-6"):
            with contextlib.suppress(subprocess.CalledProcessError):
                self._ip(family, "-n", name, "route", "replace", "default", "dev", device)

    def down(self, host: str, link: str) -> None:
        """Pull the cable: address and routes go with it."""
        self._ip("-n", self.namespace(host), "link", "set", self.link(host, link), "down")

    def set(self, host: str, link: str, **words: Any) -> None:
        """Change delay, jitter, loss, rate or down of a link, unnoticed by the host."""
        self.command(set=self.link(host, link), **words)

    def forget(self, host: str, link: str) -> None:
        """The NAT in front of the link loses its table."""
        self.command(forget=self.link(host, link))

    def inside(self, host: str, *command: str) -> Child:
        """Run a program in the namespace of a host."""
        return self._child("ip", "netns", "exec", self.namespace(host), *command, stdin=False)

    def start_relay(self, *more: str) -> None:
        """The relay on the server, port 5000, started as an operator would."""
        twistd = str(Path(_PYTHON).with_name("twistd"))
        self.relay = self.inside(
            "server", twistd, "-n", "--pidfile=", "salarele", "--segredo", str(self.secret), *more
        )
        self.wait_for_udp("server", 5000)

    def kill_relay(self) -> None:
        """kill -9."""
        assert self.relay is not None
        self.relay.process.kill()
        self.relay.process.wait(5)

    def wait_for_udp(self, host: str, port: int, timeout: float = 20.0) -> None:
        """Until somebody listens there."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            listed = subprocess.run(
                ["ip", "netns", "exec", self.namespace(host), "cat", "/proc/net/udp", "/proc/net/udp6"],
                check=False, capture_output=True, text=True,
            )  # fmt: skip
            if f":{port:04X} " in listed.stdout:
                return
            time.sleep(0.05)
        raise AssertionError(f"nobody listens on UDP {port}")

    def person(self, host: str, role: Role, policy: PathPolicy, *servers: str, call: str = CALL) -> Peer:
        """One end of a call on that host; it allocates at once."""
        network = NamespaceNetwork(reactor, self.namespace(host))  # type: ignore[arg-type]
        peer = Peer(reactor, role, network, policy, call=call)  # type: ignore[arg-type]
        expiry = int(time.time()) + 3600
        peer.transport.allocate(credentials(SECRET, role, servers or (f"turn:{SERVER}:5000",), expiry, call))
        return peer

    def close(self) -> None:
        """End the processes, take the namespaces away."""
        for child in reversed(self._children):
            child.end()
        for name in self._namespaces:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        shutil.rmtree(self._folder, ignore_errors=True)


def place(lab: Lab, host: str, number: int, kind: str) -> None:
    """A person's machine behind a NAT of that kind; `number` from 1 to 200 is its own."""
    lab.add_host(host)
    inner = f"198.51.{number}.1" if kind == "open" else f"10.0.{number}.2"
    lab.add_link(host, "wlan", [inner], nat=kind, public=f"198.51.{number}.1")


def note(name: str, **figures: object) -> None:
    """Write figures down in the file that SALA_LAB_REPORT names, if it does."""
    where = os.environ.get("SALA_LAB_REPORT")
    if where:
        with Path(where).open("a") as report:
            report.write(json.dumps({"name": name, **figures}) + "\n")
