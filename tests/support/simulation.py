"""A whole call under a simulated clock: two real engines, two impaired lines, no devices; faster than real
time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

import numpy as np
from twisted.internet.task import Clock

from tests.support.line import Impairment, Line
from voz.clock import BLOCK, TICK
from voz.codec import Codec, Sound, codec
from voz.engine import Engine, EngineOptions, StreamKeys
from voz.reporting.reports import INTERVAL

HEARD_AT = 0.0037
"""Seconds by which the loudspeaker's ticks come after the microphone's: two clocks that start at odds."""
OFFSET = TICK + HEARD_AT
"""Seconds by which the recording of what is heard begins later than that of what is spoken: the first block
is spoken when the call begins, and heard when it is pulled."""
A = StreamKeys(b"a" * 16, b"s" * 14, 0x0A0A0A0A)
B = StreamKeys(b"b" * 16, b"t" * 14, 0x0B0B0B0B)


class SimulatedCall:
    """Engines `a` and `b`; what `a` speaks is heard at `b` over `forth`, and `back` carries the other way.

    `drift` (parts per million) makes b's loudspeaker faster than a's microphone.
    """

    def __init__(
        self,
        forth: Impairment,
        back: Impairment | None = None,
        *,
        seed: int = 1,
        drift: float = 0.0,
        options: EngineOptions | None = None,
        make_codec: Callable[[], Codec] = codec,
        on_second: Callable[[float], None] | None = None,
    ) -> None:
        self.clock = Clock()
        self.clock.advance(1000.0)
        random = Random(seed)
        self.forth = Line(self.clock, forth, seed)
        self.back = Line(self.clock, back or Impairment(), seed + 1)
        self.a = Engine(
            make_codec(), A, B, self.forth.send, options, random=random.getrandbits, stopwatch=lambda: 0.0
        )
        self.b = Engine(
            make_codec(), B, A, self.back.send, options, random=random.getrandbits, stopwatch=lambda: 0.0
        )
        self.forth.deliver, self.back.deliver = self.b.datagram, self.a.datagram
        self._heard_tick = TICK / (1 + drift * 1e-6)
        self._heard: list[Sound] = []
        self._on_second = on_second

    def run(self, spoken: Sound) -> Sound:
        """Speak this at `a`; what `b` heard from the first block to the last."""
        began = self.clock.seconds()
        self._heard = []
        seconds = len(spoken) // BLOCK * TICK
        for when, call in sorted(self._events(spoken, seconds), key=lambda event: event[0]):
            self._advance_to(began + when)
            call()
        self._advance_to(began + seconds)
        return np.concatenate(self._heard) if self._heard else np.zeros(0, np.int16)

    def forget(self) -> None:
        """Let go of what was heard in the last run."""
        self._heard = []

    def _events(self, spoken: Sound, seconds: float) -> list[tuple[float, Callable[[], None]]]:
        """All that happens by the clock in a run, as (seconds after its beginning, call)."""
        blocks = [spoken[at : at + BLOCK] for at in range(0, len(spoken) - BLOCK + 1, BLOCK)]
        events: list[tuple[float, Callable[[], None]]] = [
            ((index + 1) * TICK, partial(self._speak, block)) for index, block in enumerate(blocks)
        ]
        heard = int((seconds - HEARD_AT) / self._heard_tick)
        events += [(HEARD_AT + (index + 1) * self._heard_tick, self._hear) for index in range(heard)]
        events += [(0.1 + index * INTERVAL, self._report) for index in range(int(seconds / INTERVAL))]
        if self._on_second is not None:
            told = self._on_second
            events += [(index + 0.99, partial(told, float(index))) for index in range(int(seconds))]
        return events

    def _advance_to(self, when: float) -> None:
        self.clock.advance(max(0.0, when - self.clock.seconds()))

    def _speak(self, block: Sound) -> None:
        self.a.captured(block)
        self.b.captured(np.zeros(BLOCK, np.int16))

    def _hear(self) -> None:
        now = self.clock.seconds()
        self._heard.append(self.b.pull(now))
        self.a.pull(now)

    def _report(self) -> None:
        now = self.clock.seconds()
        self.a.report(now)
        self.b.report(now)
