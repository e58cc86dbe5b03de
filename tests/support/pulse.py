"""A private PulseAudio with null sinks: virtual microphones and loudspeakers for tests and benches.

A `Pulse` lives in a directory of its own and is found by nobody else: programs are started with its
`environment()`. What is played to the sink `NAME` can be recorded from `NAME.monitor`; the ALSA devices are
`NAME` for playing and `NAME_mic` for recording what was played to it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType


def available() -> bool:
    """Whether the programs are installed."""
    return shutil.which("pulseaudio") is not None and shutil.which("pactl") is not None


class Pulse:
    """The server, with the sinks named; a context manager."""

    def __init__(self, folder: Path, sinks: Sequence[str]) -> None:
        self._folder = folder
        self._sinks = tuple(sinks)
        self._socket = folder / "native"
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Pulse:
        """Start it and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write_asoundrc()
        modules = [f"module-native-protocol-unix socket={self._socket} auth-anonymous=1"]
        # Without norewinds a null sink stalls for seconds when a stream joins it.
        modules += [self._sink_module(name) for name in self._sinks]
        command = [
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--disable-shm=yes",
            "--use-pid-file=no",
        ]
        for module in modules:
            command += ["-L", module]
        with (self._folder / "pulse.log").open("wb") as log:
            self._server = subprocess.Popen(command, env=self.environment(), stdout=log, stderr=log)
        self._wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        if self._server is not None:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait(10)

    def environment(self) -> dict[str, str]:
        """The environment for programs that shall use it."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULSE")}
        return kept | {
            "HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder),
            "PULSE_RUNTIME_PATH": str(self._folder),
            "PULSE_SERVER": f"unix:{self._socket}",
        }

    def add_sink(self, name: str) -> int:
        """Plug in one more sink; its number for `remove`."""
        kind, _, arguments = self._sink_module(name).partition(" ")
        return int(self.control("load-module", kind, *arguments.split()))

    def remove(self, module: int) -> None:
        """Pull the plug of a sink."""
        self.control("unload-module", str(module))

    def control(self, *arguments: str) -> str:
        """The answer of pactl."""
        done = subprocess.run(
            ["pactl", *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        return done.stdout.strip()

    def _sink_module(self, name: str) -> str:
        return f"module-null-sink sink_name={name} norewinds=1 rate=48000 channels=1 format=s16le"

    def _write_asoundrc(self) -> None:
        lines = []
        for name in self._sinks:
            lines.append(f"pcm.{name} {{ type pulse device {name} hint {{ show on description {name} }} }}")
            heard = f"type pulse device {name}.monitor"
            lines.append(f"pcm.{name}_mic {{ {heard} hint {{ show on description {name}_mic }} }}")
        lines.append("pcm.!default { type pulse }")
        (self._folder / ".asoundrc").write_text("\n".join(lines) + "\n")

    def _wait(self) -> None:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                self.control("info")
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                time.sleep(0.05)
            else:
                return
        raise TimeoutError((self._folder / "pulse.log").read_text(errors="replace"))
