"""From sound to packets: gain, codec, redundancy, silence that is not sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from voz.adapt.ladder import CLEAN, Step
from voz.clock import BLOCK, SAMPLE_RATE
from voz.codec import Codec, CodecError, EncoderSettings, Sound
from voz.packet import MAX_RED_BLOCK, OPUS, RED, RedBlock, RtpPacket, serialise_red

MAX_PAYLOAD: int = 480
"""Bytes of an RTP payload at most: with header and tag it stays below what a relay leg carries (508)."""
SILENT_INTERVAL: float = 0.140
"""In silence a frame is sent each so many seconds, so that the path is seen to live."""
_HISTORY_MS = 200


@dataclass(frozen=True, slots=True)
class SenderCounters:
    """Since the start: frames encoded, packets and payload octets sent, frames that were silence and not
    sent."""

    frames: int = 0
    packets: int = 0
    octets: int = 0
    silent: int = 0


class Sender:
    """Blocks of 480 samples in, RTP packets out by `emit`. `first_sequence` is below 2^15."""

    def __init__(
        self,
        codec: Codec,
        emit: Callable[[RtpPacket], None],
        *,
        ssrc: int,
        first_sequence: int,
        first_timestamp: int,
        frame_samples: int = 960,
        dtx: bool = True,
    ) -> None:
        self._codec = codec
        self._encoder = codec.encoder()
        self._emit = emit
        self._ssrc = ssrc
        self._sequence = first_sequence
        self._timestamp = first_timestamp
        self._frame_samples = frame_samples
        self._chosen_samples = frame_samples
        self._blocks: list[Sound] = []
        self._history: deque[tuple[int, bytes]] = deque()
        self._unsent = 0
        self._talking = False
        self._settings = EncoderSettings(dtx=dtx)
        self._step = CLEAN
        self._counts = SenderCounters()
        self.set_step(CLEAN)

    @property
    def step(self) -> Step:
        """The step of the ladder in use."""
        return self._step

    @property
    def timestamp(self) -> int:
        """The RTP timestamp of the next frame."""
        return self._timestamp

    @property
    def frame_samples(self) -> int:
        """Samples in the frames that are sent now."""
        return self._frame_samples

    @property
    def chosen_ms(self) -> int:
        """Milliseconds of a frame where the step needs none longer."""
        return self._chosen_samples * 1000 // SAMPLE_RATE

    def set_step(self, step: Step) -> None:
        """Send with this protection from the next frame on; it may ask for longer frames than were chosen."""
        self._step = step
        self._settings = replace(self._settings, bitrate=step.bitrate, expected_loss=step.expected_loss)
        self._encoder.apply(self._settings)

    def set_complexity(self, complexity: int) -> None:
        """Encode with this complexity, 0 to 10, from the next frame on."""
        self._settings = replace(self._settings, complexity=complexity)
        self._encoder.apply(self._settings)

    def set_frame_samples(self, samples: int) -> None:
        """Send frames of this length (480 or 960) from the next one on, where the step needs none longer."""
        self._chosen_samples = samples
        self.set_step(self._step)

    def skip(self, samples: int) -> None:
        """Sound of this length was never captured (the machine slept): media time goes on."""
        self._timestamp = (self._timestamp + samples) & 0xFFFF_FFFF

    def block(self, block: Sound) -> None:
        """Take 10 ms of sound; sends a packet when a frame is complete."""
        if not self._blocks:
            wanted = self._step.length(self.chosen_ms) * SAMPLE_RATE // 1000
            self._frame_samples = min(wanted, self._codec.longest)
        self._blocks.append(block)
        if len(self._blocks) * BLOCK >= self._frame_samples:
            frame = np.concatenate(self._blocks)
            self._blocks.clear()
            self._frame(frame)

    def counters(self) -> SenderCounters:
        """What was counted so far."""
        return self._counts

    def _frame(self, frame: Sound) -> None:
        try:
            payload = self._encoder.encode(frame)
        except CodecError:
            payload = b""
        timestamp = self._timestamp
        self._timestamp = (timestamp + len(frame)) & 0xFFFF_FFFF
        silent = not payload or self._codec.is_silence(payload)
        copies = self._copies(timestamp, MAX_PAYLOAD - len(payload))
        self._remember(timestamp, payload, silent)
        counts = self._counts
        self._counts = replace(counts, frames=counts.frames + 1, silent=counts.silent + silent)
        begins = silent and self._talking
        quiet = (self._unsent + 1) * len(frame) / SAMPLE_RATE
        if payload and (not silent or begins or copies or quiet >= SILENT_INTERVAL):
            self._send(timestamp, payload, copies, marker=not silent and not self._talking)
        else:
            self._unsent += 1
        self._talking = not silent

    def _send(self, timestamp: int, payload: bytes, copies: list[RedBlock], *, marker: bool) -> None:
        kind = OPUS
        if copies:
            payload = serialise_red([*copies, RedBlock(OPUS, 0, payload)])
            kind = RED
        packet = RtpPacket(kind, self._sequence, timestamp, self._ssrc, payload, marker)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._unsent = 0
        counts = self._counts
        self._counts = replace(counts, packets=counts.packets + 1, octets=counts.octets + len(payload))
        self._emit(packet)

    def _remember(self, timestamp: int, payload: bytes, silent: bool) -> None:
        if not silent and len(payload) <= MAX_RED_BLOCK:
            self._history.append((timestamp, payload))
        oldest = timestamp - _HISTORY_MS * SAMPLE_RATE // 1000
        while self._history and (self._history[0][0] - oldest) & 0xFFFF_FFFF > 1 << 31:
            self._history.popleft()

    def _copies(self, timestamp: int, room: int) -> list[RedBlock]:
        """The frames of the step's ages that are in the history, oldest first, as many as there is room
        for."""
        known = dict(self._history)
        copies: list[RedBlock] = []
        for age in self._step.copies_ms:
            offset = age * SAMPLE_RATE // 1000
            payload = known.get((timestamp - offset) & 0xFFFF_FFFF)
            if payload is not None and len(payload) + 5 <= room:
                room -= len(payload) + 4
                copies.append(RedBlock(OPUS, offset, payload))
        return copies[::-1]
