"""Endurance: a million hostile packets, and an hour of a call that ends with the memory it began with.

    python -m bench.voz.endure [PACKETS] [MINUTES]

Both run under a simulated clock; the tests run short versions of the same functions.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from random import Random

import numpy as np

from tests.support.line import Impairment
from tests.support.simulation import A, B, SimulatedCall
from voz.codec import codec
from voz.crypto import Sealer
from voz.engine import Engine
from voz.packet import OPUS, RED, RedBlock, RtpPacket, serialise_red

HARD = Impairment(loss=0.12, burst=2, jitter=0.015, reorder=0.02, duplicate=0.02)


def hostile(packets: int, seed: int = 1) -> Engine:
    """Throw so many datagrams at an engine: junk, replays, altered ones, and mad ones under the right keys.

    The engine that has survived; whatever it raises comes out.
    """
    random = Random(seed)
    engine = Engine(codec(), A, B, lambda _: True, stopwatch=lambda: 0.0)
    sealer = Sealer(B.key, B.salt, B.ssrc)
    true = codec().encoder().encode(np.random.default_rng(seed).normal(0, 2000, 960).astype(np.int16))
    now, last = 1.0, b""
    for index in range(packets):
        now += random.choice((0.0, 0.0, 0.001, 0.02, 0.02, 0.02, 0.3))
        last = _datagram(random, sealer, index, true, last)
        engine.datagram(last, now)
        if index % 3 == 0 and len(engine.pull(now)) != 480:
            raise AssertionError("a block of another length")
        if index % 100 == 0:
            engine.report(now)
    return engine


def _datagram(random: Random, sealer: Sealer, index: int, true: bytes, last: bytes) -> bytes:
    choice = random.random()
    if choice < 0.1:
        return random.randbytes(random.randrange(0, 300))
    if choice < 0.2:
        return last
    if choice < 0.3:
        fresh = sealer.seal_rtp(_mad_rtp(random, index, true).serialise())
        at = random.randrange(len(fresh))
        return fresh[:at] + bytes([fresh[at] ^ 1 << random.randrange(8)]) + fresh[at + 1 :]
    if choice < 0.4:
        kind = random.choice((200, 201, 202, 203, 204, 207))
        body = random.randbytes(4 * random.randrange(0, 20))
        head = bytes([0x80 | random.randrange(6), kind, 0, len(body) // 4 + 1])
        return sealer.seal_rtcp(head + B.ssrc.to_bytes(4) + body)
    return sealer.seal_rtp(_mad_rtp(random, index, true).serialise())


def _mad_rtp(random: Random, index: int, true: bytes) -> RtpPacket:
    mad = random.random() < 0.02
    number = max(0, index + random.randrange(-90, 90) if mad else index) & 0xFFFF
    stamp = random.getrandbits(32) if mad else index * 960 & 0xFFFFFFFF
    payload = true if random.random() < 0.5 else random.randbytes(random.choice((0, 1, 2, 5, 40, 200)))
    kind = random.choice((OPUS, OPUS, RED, 3))
    if kind == RED and random.random() < 0.7:
        offset = random.choice((960, 2880, 16383, 1))
        payload = serialise_red(
            [RedBlock(OPUS, offset, payload), RedBlock(random.choice((OPUS, 5)), 0, true)]
        )
    return RtpPacket(kind, number, stamp, B.ssrc, payload)


def hour(minutes: int, seconds: int = 60) -> list[int]:
    """Bytes that Python holds after each minute (of so many seconds) of a call over a bad line.

    It is a call of plain sound: the codec is C, and not seen here.
    """
    call = SimulatedCall(HARD, make_codec=lambda: codec("pcm"))
    speech = np.random.default_rng(1).normal(0, 2000, seconds * 48_000).astype(np.int16)
    sizes = []
    tracemalloc.start()
    try:
        for _ in range(minutes):
            call.run(speech)
            # What was heard is the simulation's, not the engine's.
            call.forget()
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return sizes


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    length = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    print(f"{count} hostile datagrams survived: {hostile(count).refused()}")
    held = hour(length)
    print(
        f"a call of {length} minutes: {held[min(4, length - 1)]} bytes after 5 minutes, {held[-1]} at its end"
    )
