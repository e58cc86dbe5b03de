"""Record a PulseAudio monitor with a time for each sample, so that two recordings can be laid side by
side."""

from __future__ import annotations

import subprocess
import threading
import time

import numpy as np

from voz.clock import SAMPLE_RATE
from voz.codec import Sound


class Recorder:
    """Records `source` until `stop`. `began` is the time (monotonic) of the first sample, plus a constant
    that is the same for every recorder: the least difference between a chunk's arrival and its place in the
    recording."""

    def __init__(self, source: str, environment: dict[str, str]) -> None:
        self.began = float("inf")
        self._chunks: list[bytes] = []
        self._program = subprocess.Popen(
            [
                "parec",
                "-d",
                source,
                "--format=s16le",
                "--rate=48000",
                "--channels=1",
                "--latency-msec=10",
                "--raw",
            ],
            env=environment,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> Sound:
        """End it; the recording."""
        self._program.terminate()
        self._program.wait(5)
        self._thread.join(5)
        data = b"".join(self._chunks)
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)

    def _read(self) -> None:
        stream = self._program.stdout
        assert stream is not None
        octets = 0
        while chunk := stream.read(4096):
            octets += len(chunk)
            self._chunks.append(chunk)
            self.began = min(self.began, time.monotonic() - octets / 2 / SAMPLE_RATE)
