"""A real redis-server of the test's own: on a free loopback port, in a folder of its own, durable."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PATIENCE = 20.0


def program(folder: Path) -> Path | None:
    """Return redis-server; Debian's redis-tools has the same program under another name."""
    found = shutil.which("redis-server")
    if found:
        return Path(found)
    checker = shutil.which("redis-check-rdb")
    if checker is None:
        return None
    link = folder / "redis-server"
    if not link.is_symlink():
        link.symlink_to(checker)
    return link


class RedisServer:
    """One server; every change is on disk when it is answered."""

    def __init__(self, redis: Path, folder: Path) -> None:
        self._redis, self._folder = redis, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [str(self._redis), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--dir", str(self._folder), "--appendonly", "yes", "--appendfsync", "always"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise TimeoutError("redis-server does not answer")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as raw:
                raw.sendall(b"PING\r\n")
                return raw.recv(7) == b"+PONG\r\n"
        except OSError:
            return False

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(PATIENCE)
