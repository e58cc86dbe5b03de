"""The sound of one call: devices at one end, the engine at the other, and the treatment in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from twisted.internet.interfaces import IReactorTime

from voz.clock import BLOCK, MediaClock
from voz.codec import Sound
from voz.device import Capture, DeviceContext, DeviceError, Playback
from voz.device.null import NullCapture, NullPlayback
from voz.engine import Engine
from voz.reporting import alerts
from voz.setup import SoundSetup
from voz.stats import Sound as SoundFigures
from voz.treatment.echo import Treatment, treatment
from voz.treatment.levels import Gain, Meter


class SoundDesk:
    """Microphone to engine and engine to loudspeaker; starts at `start` and never fails after it."""

    def __init__(
        self, reactor: IReactorTime, setup: SoundSetup, engine: Engine, warn: Callable[[str], None]
    ) -> None:
        self._reactor = reactor
        self._setup = setup
        self._engine = engine
        self._warn = warn
        self._clock = MediaClock(reactor, self._slept)
        self._context = DeviceContext(reactor, self._clock, warn)
        self._capture: Capture = NullCapture(self._context)
        self._playback: Playback = NullPlayback(self._context)
        self._treatment: Treatment | None = None
        self._gain = Gain(setup.gain_db)
        self._volume = Gain(setup.volume_db)
        self._in, self._out = Meter(), Meter()
        self._peaks = [0.0, 0.0]
        self._muted = False
        self._pressed = not setup.push_to_talk

    @property
    def muted(self) -> bool:
        """Whether silence is sent instead of the microphone."""
        return self._muted or not self._pressed

    def start(self) -> None:
        """Open the devices, now; one that cannot be opened is replaced by silence and warned of."""
        self._capture = self._open_capture()
        # Last, because it runs dry while this thread is busy with opening the other.
        self._playback = self._open_playback()
        self._clock.start()

    def stop(self) -> None:
        """Close the devices."""
        self._clock.stop()
        self._capture.stop()
        self._playback.stop()

    def mute(self, on: bool) -> None:
        """Send silence, or the microphone again."""
        self._muted = on

    def talk(self, pressed: bool) -> None:
        """The key of push-to-talk is down or up."""
        self._pressed = pressed or not self._setup.push_to_talk

    def gain(self, decibels: float) -> None:
        """What is added to our voice."""
        self._gain.set(decibels)

    def volume(self, decibels: float) -> None:
        """What is added to the other's voice."""
        self._volume.set(decibels)

    @property
    def levels(self) -> tuple[float, float]:
        """The levels now, in and out, 0 to 1."""
        return self._in.level, self._out.level

    def take_peaks(self) -> tuple[float, float]:
        """The highest levels since the last call."""
        high_in, high_out = self._peaks
        self._peaks = [0.0, 0.0]
        return high_in, high_out

    def figures(self) -> SoundFigures:
        """Levels and device counters."""
        capture, playback = self._capture.counters(), self._playback.counters()
        figures = SoundFigures(
            level_in=self._in.level,
            level_out=self._out.level,
            underruns=playback.underruns,
            overruns=capture.overruns,
            device_latency_ms=capture.latency_ms + playback.latency_ms,
            callback_jitter_ms=max(capture.jitter_ms, playback.jitter_ms),
            late_ticks_ms=self._clock.lateness * 1000,
        )
        return replace(figures, complexity=self._engine.complexity.value)

    def _open_capture(self) -> Capture:
        capture: Capture
        try:
            capture = self._setup.capture(self._context)
            capture.start(self._captured)
        except DeviceError:
            self._warn(alerts.MIC_FAILED)
            capture = NullCapture(self._context)
            capture.start(self._captured)
        return capture

    def _open_playback(self) -> Playback:
        playback: Playback
        try:
            playback = self._setup.playback(self._context)
            playback.start(self._pull)
        except DeviceError:
            self._warn(alerts.SPEAKER_FAILED)
            playback = NullPlayback(self._context)
            playback.start(self._pull)
        return playback

    def _captured(self, block: Sound, reference: Sound | None) -> None:
        if reference is not None:
            block = self._treated(block, reference)
        block = self._gain.apply(block)
        self._in.block(block)
        self._peaks[0] = max(self._peaks[0], self._in.level)
        self._engine.captured(np.zeros(BLOCK, np.int16) if self.muted else block)

    def _treated(self, block: Sound, reference: Sound) -> Sound:
        if self._treatment is None:
            self._treatment = treatment(self._setup, self._warn)
        return self._treatment.process(block, reference)

    def _pull(self) -> Sound:
        block = self._volume.apply(self._engine.pull(self._reactor.seconds()))
        self._out.block(block)
        self._peaks[1] = max(self._peaks[1], self._out.level)
        return block

    def _slept(self, seconds: float) -> None:
        self._engine.sender.skip(round(seconds * 100) * BLOCK)
