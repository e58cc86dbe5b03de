"""The set-up check: does the microphone hear, does the speaker play, does the network carry voice?"""

from dataclasses import dataclass, replace
from math import log10
from typing import Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from kivy_client.session.calls.timing import Timer
from kivy_client.session.display import Display
from kivy_client.session.registry_client import RegistryClient
from kivy_client.session.ringer import Ringer, Tune
from kivy_client.session.settings import SettingsFile
from kivy_client.session.sounds import Listening, SoundSystem
from kivy_client.session.state import CheckView
from kivy_client.session.vocabulary import CheckState, Link, Remark
from kivy_client.session.voice import SoundError

LISTEN_TIME = 8.0
"""Seconds that the microphone is listened to."""

QUIETEST = -60.0
SOFT, LOUD = -40.0, -1.0
"""Peaks in dBFS: under the first speech is too soft, over the second it is cut off."""

SLOW_MS = 300.0
LOSSY_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe of the relay's port found: questions, answers, and the median round trip."""

    asked: int
    answered: int
    round_trip_ms: float


class Probe(Protocol):
    """Asks the registry's UDP port for an answer, a few times."""

    def __call__(self, host: str, port: int, /) -> Deferred[Probed]:
        """Fires within a few seconds; cancelling stops it."""


class CheckHost(Protocol):
    """What the check needs of the session."""

    @property
    def display(self) -> Display:
        """Where results go."""

    @property
    def registry(self) -> RegistryClient:
        """The connection."""

    @property
    def settings(self) -> SettingsFile:
        """Which devices are chosen."""


def decibels(level: float) -> float:
    """Return a level (0 to 1 of full scale) in dBFS, not below `QUIETEST`."""
    return max(QUIETEST, 20 * log10(level)) if level > 0 else QUIETEST


def loudness(level: float) -> float:
    """Return a level as a meter shows it: 0 for -60 dBFS and less, 1 for full scale, even steps between."""
    return 1.0 - decibels(level) / QUIETEST


class SetupCheck:
    """One check at a time; its three parts run side by side."""

    def __init__(
        self, clock: IReactorTime, sounds: SoundSystem, ringer: Ringer, probe: Probe, host: "CheckHost"
    ) -> None:
        self._sounds, self._ringer, self._probe, self._host = sounds, ringer, probe, host
        self._timer = Timer(clock)
        self._listening: Listening | None = None
        self._probing: Deferred[None] | None = None
        self._peak = 0.0

    def start(self) -> None:
        """Start anew."""
        self.stop()
        self._microphone()
        self._speaker()
        self._network()

    def stop(self) -> bool:
        """Stop; what was found stays. False if nothing was running."""
        running = self._listening is not None or self._probing is not None
        self._timer.stop()
        self._close()
        probing, self._probing = self._probing, None
        if probing is not None:
            probing.cancel()
        for part in ("microphone", "network"):
            if getattr(self._host.display.state.setup, part).state is CheckState.RUNNING:
                self._show(part, CheckView())
        return running

    def _show(self, part: str, view: CheckView) -> None:
        setup = self._host.display.state.setup
        self._host.display.put(setup=replace(setup, **{part: view}))

    # the microphone

    def _microphone(self) -> None:
        self._peak = 0.0
        try:
            self._listening = self._sounds.listen(self._host.settings.settings, self._heard)
        except SoundError as error:
            self._show("microphone", CheckView(CheckState.BAD, Remark.NO_DEVICE, None, str(error)))
            return
        self._show("microphone", CheckView(CheckState.RUNNING))
        self._timer.set(LISTEN_TIME, self._judge)

    def _heard(self, level: float) -> None:
        self._peak = max(self._peak, level)
        self._host.display.state.meters.mine = loudness(level)

    def _judge(self) -> None:
        self._close()
        peak = decibels(self._peak)
        rules = (
            (self._peak == 0.0, CheckState.BAD, Remark.SILENT),
            (peak < SOFT, CheckState.DOUBTFUL, Remark.TOO_SOFT),
            (peak > LOUD, CheckState.DOUBTFUL, Remark.TOO_LOUD),
            (True, CheckState.GOOD, Remark.NONE),
        )
        state, remark = next((state, remark) for holds, state, remark in rules if holds)
        self._show("microphone", CheckView(state, remark, peak))

    def _close(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.stop()
            self._host.display.state.meters.mine = 0.0

    # the speaker

    def _speaker(self) -> None:
        opened = self._ringer.play(Tune.CHIME, once=True)
        good = CheckView(CheckState.GOOD)
        self._show("speaker", good if opened else CheckView(CheckState.BAD, Remark.NO_DEVICE))

    # the network

    def _network(self) -> None:
        registry = self._host.registry
        if registry.view.link is not Link.ONLINE or registry.account is None:
            self._show("network", CheckView(CheckState.BAD, Remark.NO_SERVER))
            return
        self._show("network", CheckView(CheckState.RUNNING))
        address = registry.account.address
        self._probing = self._probe(registry.line.peer_host, address.port).addCallbacks(
            self._probed, self._no_probe
        )

    def _probed(self, found: Probed) -> None:
        self._probing = None
        missing = 1 - found.answered / max(1, found.asked)
        rules = (
            (found.answered == 0, CheckState.DOUBTFUL, Remark.NO_UDP),
            (missing > LOSSY_SHARE, CheckState.DOUBTFUL, Remark.LOSSY),
            (found.round_trip_ms > SLOW_MS, CheckState.DOUBTFUL, Remark.SLOW),
            (True, CheckState.GOOD, Remark.NONE),
        )
        state, remark = next((state, remark) for holds, state, remark in rules if holds)
        figure = found.round_trip_ms if found.answered else None
        self._show("network", CheckView(state, remark, figure))

    def _no_probe(self, failure: Failure) -> None:
        self._probing = None
        if not isinstance(failure.value, CancelledError):
            self._show("network", CheckView(CheckState.DOUBTFUL, Remark.NO_UDP, None, str(failure.value)))
