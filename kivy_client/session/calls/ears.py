"""What a call hears from its voice, turned into inputs of its machine and into what is shown."""

from dataclasses import replace
from typing import TYPE_CHECKING

from kivy_client.session.calls.quality import figures_of, quality_of
from kivy_client.session.vocabulary import Caution, Path
from registro.wire.messages import Pacote
from voz.net import Candidate, PathKind
from voz.reporting import alerts
from voz.stats import Snapshot

if TYPE_CHECKING:
    from kivy_client.session.calls.call import Call

CAUTION_TIME = 12.0
"""Seconds that a warning stays on the screen unless it comes again."""

CAUTIONS = {
    alerts.MIC_FAILED: Caution.NO_SOUND_IN,
    alerts.MIC_DEAD: Caution.NO_SOUND_IN,
    alerts.SPEAKER_FAILED: Caution.NO_SOUND_OUT,
    alerts.MIC_CHANGED: Caution.DEVICE_LOST,
    alerts.SPEAKER_CHANGED: Caution.DEVICE_LOST,
    alerts.MIC_BACK: Caution.DEVICE_BACK,
    alerts.SPEAKER_BACK: Caution.DEVICE_BACK,
    alerts.MUTED_TALKING: Caution.MUTED_BUT_TALKING,
    alerts.NOTHING_ARRIVES: Caution.NOTHING_ARRIVES,
    alerts.ONLY_SILENCE: Caution.ONLY_SILENCE,
    alerts.ECHO_MISSING: Caution.ECHO_NOT_CANCELLED,
    alerts.RECORDING_STOPPED: Caution.RECORDING_STOPPED,
}


class VoiceEars:
    """The listener of a call's voice."""

    def __init__(self, call: "Call") -> None:
        self._call = call
        self._until: dict[Caution, float] = {}
        self.last = Snapshot()

    def candidates_changed(self, candidates: tuple[Candidate, ...]) -> None:
        """Our addresses changed: tell the other side."""
        if not self._call.ended:
            self._call.announce()

    def talking(self) -> None:
        """The other side is heard."""
        self._call.talking.heard()

    def path_changed(self, kind: PathKind) -> None:
        """Show the path."""
        self._call.show(path=replace(self._call.view.path, path=Path(kind.value)))

    def reconnecting(self, on: bool) -> None:
        """The line fell silent, or speaks again."""
        if on:
            self._call.talking.fading()
        else:
            self._call.talking.back()

    def peer_left(self) -> None:
        """The other side said goodbye."""
        self._call.talking.left()

    def lost(self) -> None:
        """Nothing came for too long."""
        self._call.talking.lost()

    def snapshot(self, snapshot: Snapshot) -> None:
        """Show the figures, and let old warnings go."""
        self.last = snapshot
        now = self._call.parts.clock.seconds()
        self._until = {caution: until for caution, until in self._until.items() if until > now}
        self._call.show(
            figures=figures_of(snapshot),
            quality=quality_of(snapshot.findings, self._call.view.phase),
            warnings=tuple(self._until),
        )

    def last_look(self) -> None:
        """Take the figures as they are at the end."""
        voice = self._call.voice
        if voice is not None and self._call.secrets is not None:
            self.last = voice.snapshot()
            self._call.show(figures=figures_of(self.last))

    def warning(self, code: str) -> None:
        """Show a warning for a while."""
        self.caution(CAUTIONS.get(code, Caution.OTHER))

    def caution(self, caution: Caution, lasting: bool = False) -> None:
        """Show this warning, until taken back if `lasting`."""
        now = self._call.parts.clock.seconds()
        self._until[caution] = float("inf") if lasting else now + CAUTION_TIME
        self._call.show(warnings=tuple(self._until))

    def no_caution(self, caution: Caution) -> None:
        """Take a warning back."""
        if self._until.pop(caution, None) is not None:
            self._call.show(warnings=tuple(self._until))

    def send_line(self, data: bytes) -> None:
        """Carry a packet inside the connection to the registry."""
        if self._call.accepted and not self._call.ended:
            self._call.parts.world.say(Pacote(self._call.call_id, data))
