"""What the engine is compared with inside the matrix: no redundancy, a fixed buffer, holes filled simply."""

from __future__ import annotations

import numpy as np
from twisted.internet.task import Clock

from bench.voz.score import Score, score
from tests.support.line import Impairment, Line
from voz.codec import Codec, Sound

FRAME = 960
BUFFER = 0.060
"""Seconds between the least transit of the line and the playing of a frame."""


def fixed_call(codec: Codec, impairment: Impairment, spoken: Sound, seed: int) -> Score:
    """A call of this codec with a fixed buffer: what is not there in time is concealed as the codec does
    it."""
    clock = Clock()
    clock.advance(1000.0)
    line = Line(clock, impairment, seed)
    arrivals: dict[int, float] = {}
    line.deliver = lambda data, now: arrivals.setdefault(int.from_bytes(data[:4]), now)
    encoder, decoder = codec.encoder(), codec.decoder()
    frames = [spoken[at : at + FRAME] for at in range(0, len(spoken) - FRAME + 1, FRAME)]
    payloads = []
    for number, frame in enumerate(frames):
        payloads.append(encoder.encode(frame))
        line.send(number.to_bytes(4) + bytes(len(payloads[-1]) + 18))
        clock.advance(0.020)
    clock.advance(2.0)
    heard = []
    for number, payload in enumerate(payloads):
        due = 1000.0 + 0.020 * number + impairment.delay + BUFFER
        in_time = arrivals.get(number, np.inf) <= due
        heard.append(decoder.decode(payload) if in_time else decoder.conceal(FRAME))
    late = np.zeros(FRAME, np.int16)
    return score(spoken, np.concatenate([*heard, late]), BUFFER + impairment.delay + 0.020)
