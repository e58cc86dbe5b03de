"""From packets to sound: redundancy, jitter buffer, decoder, and the small changes of speed that keep the
delay."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voz.clock import BLOCK, SAMPLE_RATE
from voz.codec import Codec, CodecError, Sound
from voz.packet import OPUS, RED, PacketError, RtpPacket, parse_red
from voz.playout import wsola
from voz.playout.delay import DelayEstimator
from voz.playout.jitter import JitterBuffer, Kind, Step, Verdict
from voz.reporting.reception import Reception

FRAME: int = 960
"""Samples of the length in which sound is counted, whatever frames it came in."""
SPACING: float = 0.080
"""Least time between two changes of speed in speech, in seconds."""
HURRIED: float = 0.040
"""The same while the delay is far off, or in the first second."""
PATIENCE: float = 0.6
"""Seconds without a fitting period after which the best there is must do: hisses have none."""
FAR: float = 0.060
"""What counts as far off."""
TOO_MUCH: float = 0.040
"""Excess of delay above which speech is shortened …"""
TOO_MUCH_IN_SILENCE: float = 0.003
"""… and silence is …"""
TOO_MUCH_FOR_LONG: float = 0.012
"""… and speech, once nothing was changed for …"""
LONG_SINCE: float = 6.0
"""… so many seconds."""
TOO_LITTLE: float = 0.003
"""Lack of delay from which on sound is lengthened."""


@dataclass(frozen=True, slots=True)
class PlayoutCounters:
    """What was played, in lengths of 20 ms unless it says otherwise; all since the start of the call."""

    frames: int = 0
    copies: int = 0
    recovered: int = 0
    concealed: int = 0
    silence: int = 0
    late: int = 0
    discarded: int = 0
    malformed: int = 0
    shortened_ms: float = 0.0
    lengthened_ms: float = 0.0
    delay_ms: float = 0.0
    target_ms: float = 0.0


class Receiver:
    """One source's packets in, blocks of 480 samples out."""

    def __init__(self, codec: Codec, *, frame_samples: int = 960, ceiling: float = 0.400) -> None:
        self._codec = codec
        self._decoder = codec.decoder()
        self._buffer = JitterBuffer(DelayEstimator(ceiling), frame_samples)
        self.reception = Reception()
        self._ready = np.zeros(0, np.int16)
        self._counts = dict.fromkeys(Kind, 0)
        self._malformed = 0
        self._since_change = 0.0
        self._played = 0.0
        self._changed = [0, 0]
        self._delays: deque[float] = deque(maxlen=5)
        self._after_silence = False
        self._makers: dict[Kind, Callable[[Step], Sound]] = {
            Kind.FRAME: self._decode,
            Kind.COPY: self._decode,
            Kind.RECOVERED: lambda step: self._decoder.recover(step.payload, step.samples),
            Kind.CONCEALED: lambda step: self._decoder.conceal(step.samples),
            Kind.SILENCE: self._silence,
        }

    def packet(self, packet: RtpPacket, arrival: float) -> None:
        """Take one authenticated packet that arrived at `arrival` seconds; what it cannot mean is counted."""
        octets = len(packet.payload)
        sequence = self.reception.received(packet.sequence, packet.timestamp, arrival, octets)
        media = self._buffer.media_time(packet.timestamp)
        if packet.payload_type == OPUS:
            self._insert(media, packet.payload, arrival, sequence)
        elif packet.payload_type == RED:
            self._redundant(media, packet.payload, arrival, sequence)
        else:
            self._malformed += 1

    def pull(self, now: float) -> Sound:
        """The next 480 samples, decided at `now`; never fails."""
        while len(self._ready) < BLOCK:
            ahead = len(self._ready)
            step = self._buffer.take(now, ahead)
            self._note_delay(step, self._buffer.delay(now, ahead))
            sound = self._make(step)
            if not step.held:
                sound = self._change_speed(sound)
            self._ready = np.concatenate([self._ready, sound])
        block, self._ready = self._ready[:BLOCK], self._ready[BLOCK:]
        return block

    def counters(self) -> PlayoutCounters:
        """What was counted so far, and the delay now."""
        counts, buffer = (
            {kind: round(samples / FRAME) for kind, samples in self._counts.items()},
            self._buffer,
        )
        return PlayoutCounters(
            frames=counts[Kind.FRAME],
            copies=counts[Kind.COPY],
            recovered=counts[Kind.RECOVERED],
            concealed=counts[Kind.CONCEALED],
            silence=counts[Kind.SILENCE],
            late=buffer.late,
            discarded=buffer.discarded,
            malformed=self._malformed,
            shortened_ms=self._changed[0] * 1000 / SAMPLE_RATE,
            lengthened_ms=self._changed[1] * 1000 / SAMPLE_RATE,
            delay_ms=self._mean_delay() * 1000,
            target_ms=buffer.estimator.target * 1000,
        )

    def _redundant(self, media: int, payload: bytes, arrival: float, sequence: int) -> None:
        try:
            blocks = parse_red(payload)
        except PacketError:
            self._malformed += 1
            return
        for block in blocks:
            if block.payload_type != OPUS:
                self._malformed += 1
            elif block.offset:
                self._insert(media - block.offset, block.payload, arrival, None, waited=block.offset)
            else:
                self._insert(media, block.payload, arrival, sequence)

    def _insert(
        self, media: int, payload: bytes, arrival: float, sequence: int | None, *, waited: int = 0
    ) -> Verdict | None:
        samples = self._codec.duration(payload)
        if not samples:
            self._malformed += 1
            return None
        return self._buffer.insert(
            media,
            payload,
            samples,
            arrival,
            sequence,
            waited=waited,
            recovery=self._codec.has_recovery(payload),
            silent=self._codec.is_silence(payload),
        )

    def _make(self, step: Step) -> Sound:
        self._counts[step.kind] += step.samples
        try:
            return self._makers[step.kind](step)
        except CodecError:
            self._malformed += 1
            return np.zeros(step.samples, np.int16)

    def _decode(self, step: Step) -> Sound:
        return self._decoder.decode(step.payload)

    def _silence(self, step: Step) -> Sound:
        if not self._counts[Kind.FRAME]:
            return np.zeros(step.samples, np.int16)
        return self._decoder.conceal(step.samples)

    def _note_delay(self, step: Step, after: float) -> None:
        """Remember the delay of this step, `after` being that of the next; after silence all is new."""
        silence = step.kind is Kind.SILENCE
        if silence or self._after_silence:
            self._delays.clear()
        self._after_silence = silence
        stood_still = step.held and not silence
        self._delays.append(after if stood_still else after + step.samples / SAMPLE_RATE)

    def _mean_delay(self) -> float:
        return sum(self._delays) / len(self._delays) if self._delays else 0.0

    def _change_speed(self, sound: Sound) -> Sound:
        """The piece, one period shorter or longer if the delay asks for it and it is time."""
        self._played += len(sound) / SAMPLE_RATE
        self._since_change += len(sound) / SAMPLE_RATE
        if not self._counts[Kind.FRAME]:
            return sound
        excess = self._mean_delay() - self._buffer.estimator.target
        quiet = excess > TOO_MUCH_IN_SILENCE and wsola.is_silent(sound)
        bearable = TOO_MUCH if self._since_change < LONG_SINCE else TOO_MUCH_FOR_LONG
        if excess > bearable or quiet:
            return self._shorter(sound, excess, quiet=quiet)
        if excess < -TOO_LITTLE:
            return self._longer(sound, -excess)
        return sound

    def _shorter(self, sound: Sound, excess: float, *, quiet: bool) -> Sound:
        if not quiet and self._since_change < self._spacing(excess):
            return sound
        changed = wsola.shorten(
            sound,
            max(wsola.SHORTEST, int(excess * SAMPLE_RATE)),
            insist=self._since_change > _patience(excess),
        )
        self._changed[0] += self._note_change(len(sound), len(changed))
        return changed

    def _longer(self, sound: Sound, lack: float) -> Sound:
        if self._since_change < self._spacing(lack):
            return sound
        changed = wsola.lengthen(
            sound, max(wsola.SHORTEST, int(lack * SAMPLE_RATE)), insist=self._since_change > _patience(lack)
        )
        self._changed[1] += self._note_change(len(sound), len(changed))
        return changed

    def _spacing(self, off: float) -> float:
        return HURRIED if off > FAR or self._played < 1.0 else SPACING

    def _note_change(self, before: int, after: int) -> int:
        """Samples taken out or put in; the delays seen so far are what they would be with the change."""
        if after != before:
            self._since_change = 0.0
            moved = (after - before) / SAMPLE_RATE
            self._delays = deque((delay + moved for delay in self._delays), maxlen=self._delays.maxlen)
        return abs(after - before)


def _patience(off: float) -> float:
    return PATIENCE if off < FAR else PATIENCE / 6
