"""The registry, the user «eco» and the window on this machine, ready to call; without a screen, the demo.

A registry that already runs here on port 5000 is used as it is. Whatever was started ends with the window.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
import ssl
import sys
from base64 import b32encode
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from platformdirs import user_state_path

from scripts import demo
from scripts.programs import BIN, Program, running

PORT = 5000
START = 30.0
"""Seconds that a program may take to start."""


def has_screen() -> bool:
    """Tell whether a window can be opened."""
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def running_registry() -> str | None:
    """Return the address of a registry that already runs here, None if there is none.

    Its fingerprint is believed because it is this machine that answers.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(("localhost", PORT), 2) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.settimeout(2)
            if not secure.recv(16).startswith(b"OLA "):
                return None
            certificate = x509.load_der_x509_certificate(secure.getpeercert(True) or b"")
    except (OSError, ValueError):
        return None
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = b32encode(hashlib.sha256(key).digest()).decode().lower().rstrip("=")
    return f"sala://localhost:{PORT}/#{fingerprint}"


def port_is_free() -> bool:
    """Tell whether nobody else listens on the registry's port."""
    with contextlib.closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) != 0


def on_this_machine(line: str) -> str:
    """Return the address in the registry's line, as the programs beside it reach it."""
    address = line[line.index("sala://") :].split()[0]
    port, _, rest = address.removeprefix("sala://").rpartition(":")[2].partition("/")
    return f"sala://localhost:{port}/{rest}"


async def registry(stack: contextlib.AsyncExitStack, screen: demo.Screen) -> str:
    """Start a registry, unless one runs here; return its address."""
    address = running_registry()
    if address is not None:
        screen.line(f"O registro desta máquina já está aberto: {address}")
        return address
    port = PORT if port_is_free() else 0
    command = (str(BIN / "twistd"), "-n", "--pidfile=", f"--logfile={os.devnull}", "salaregistro")
    daemon = await stack.enter_async_context(
        running(*command, "--porta", str(port), folder=Path.home(), sink=screen.sink("registro"), shown=True)
    )
    return on_this_machine(await demo.said(daemon, "sala://", "o registro"))


async def echo(stack: contextlib.AsyncExitStack, screen: demo.Screen, address: str) -> None:
    """Start the user «eco», unless another `make run` has one here; if somebody else has that name, there is
    an echo already."""
    folder = user_state_path("sala-de-conversa") / "eco"
    if not stack.enter_context(alone(folder)):
        return
    command = (str(BIN / "sala-cli"), "--servidor", address, "--estado", str(folder), "--nome", "eco")
    sink = screen.client("eco")
    await stack.enter_async_context(running(*command, "eco", folder=Path.home(), sink=sink))


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Hold the folder while the block lasts; False if another process does. Where files cannot be locked
    everybody is alone."""
    try:
        import fcntl
    except ImportError:
        yield True
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "em-uso").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


async def session() -> int:
    """Run it all until the window closes; return its exit status."""
    screen = demo.Screen()
    async with contextlib.AsyncExitStack() as stack:
        address = await registry(stack, screen)
        await echo(stack, screen, address)
        window: Program = await stack.enter_async_context(
            running(str(BIN / "sala"), address, folder=Path.home(), sink=screen.sink("sala"), shown=True)
        )
        return await window.ended(float("inf"))


def main() -> int:
    """Open everything, or run the demo where there is no screen."""
    if not has_screen():
        print("Não há tela nesta máquina: em vez da janela, a demonstração.\n", flush=True)
        return demo.main()
    return demo.ended_by_signals(lambda: asyncio.run(session()) == 0)


if __name__ == "__main__":
    sys.exit(main())
