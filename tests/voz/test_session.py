"""A conversation between two ends in memory, under a fake clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tests.support.transport import MemoryNetwork
from voz.candidates import Candidate, PathKind, RelayCredentials, Role
from voz.device import DeviceContext, DeviceError, null, tone, wav
from voz.device import file as file_device
from voz.handshake import CallSecrets, MasterKey
from voz.reporting import alerts
from voz.session import Conversation, SoundSetup
from voz.stats import CallReport, Snapshot

ONE, OTHER = MasterKey(b"1" * 16, b"a" * 14), MasterKey(b"2" * 16, b"b" * 14)
WORDS = ("um", "dois", "três")
CALLER = CallSecrets(ONE, OTHER, 0x1111, 0x2222, b"k" * 32, WORDS)
CALLEE = CallSecrets(OTHER, ONE, 0x2222, 0x1111, b"k" * 32, WORDS)


class RecordingListener:
    """Keeps what a conversation tells."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.snapshots: list[Snapshot] = []

    def candidates_changed(self, candidates: tuple[Candidate, ...]) -> None:
        """Kept."""
        self.events.append(candidates)

    def talking(self) -> None:
        """Kept."""
        self.events.append("talking")

    def path_changed(self, kind: PathKind) -> None:
        """Kept."""
        self.events.append(kind)

    def reconnecting(self, on: bool) -> None:
        """Kept."""
        self.events.append(("reconnecting", on))

    def peer_left(self) -> None:
        """Kept."""
        self.events.append("left")

    def lost(self) -> None:
        """Kept."""
        self.events.append("lost")

    def snapshot(self, snapshot: Snapshot) -> None:
        """Kept."""
        self.snapshots.append(snapshot)

    def warning(self, code: str) -> None:
        """Kept."""
        self.events.append(("warning", code))

    def send_line(self, data: bytes) -> None:
        """Kept."""
        self.events.append(data)


class ConversationTests(TestCase):
    """Two conversations over one line."""

    def setUp(self) -> None:
        """Both ends, without keys."""
        self.clock = Clock()
        self.clock.advance(50.0)
        self.network = MemoryNetwork(self.clock)
        self.listeners = RecordingListener(), RecordingListener()
        self.ends = (
            self.make(SoundSetup(tone.capture(), null.playback(), codec="pcm")),
            self.make(SoundSetup(null.capture(), null.playback(), codec="pcm"), Role.CALLEE),
        )
        self.reports: list[CallReport] = []

    def make(self, sound: SoundSetup, role: Role = Role.CALLER) -> Conversation:
        """One end."""
        listener = self.listeners[role is Role.CALLEE]
        return Conversation(
            self.clock,
            role=role,
            call_id="chamada",
            sound=sound,
            listener=listener,
            transport=self.network.maker(),
            wall=lambda: self.clock.seconds() + 1e9,
        )

    def secure(self) -> None:
        """Both learn the keys, the callee a little later."""
        self.ends[0].secure(CALLER)
        self.run_for(0.25)
        self.ends[1].secure(CALLEE)

    def run_for(self, seconds: float) -> None:
        """Let time go by."""
        self.clock.pump([0.01] * round(seconds * 100))

    def test_proof_then_voice(self) -> None:
        """Proofs go out every 100 ms; at the first that authenticates both talk, and hear each other."""
        self.ends[0].secure(CALLER)
        self.run_for(0.25)
        line = self.network.ends[0].line
        assert line is not None
        self.assertEqual(line.sent, 3)
        self.assertNotIn("talking", self.listeners[0].events)
        self.ends[1].secure(CALLEE)
        self.run_for(3)
        for listener in self.listeners:
            self.assertEqual(listener.events.count("talking"), 1)
        heard = self.listeners[1].snapshots[-1]
        self.assertGreater(heard.received.packets, 70)
        self.assertEqual(heard.received.lost, 0)
        self.assertGreater(heard.sound.level_out, 0.1)
        self.assertEqual(self.network.ends[1].stun_key, b"k" * 32)
        self.assertTrue(self.network.ends[1].authenticated_paths)

    def test_round_trip_and_delay(self) -> None:
        """The round trip is that of the line, and the delay to the ear is a sum of known parts."""
        self.secure()
        self.run_for(6)
        snapshot = self.listeners[0].snapshots[-1]
        assert snapshot.round_trip_ms is not None
        self.assertApproximates(snapshot.round_trip_ms, 50, 12)
        self.assertLess(snapshot.delay_ms, 80)
        self.assertEqual(snapshot.path, "direto")

    def test_good_bye(self) -> None:
        """BYE reaches the other side, which says so once; both give a report and close their transports."""
        self.secure()
        self.run_for(2)
        self.ends[0].end().addCallback(self.reports.append)
        self.run_for(0.5)
        self.assertEqual(self.listeners[1].events.count("left"), 1)
        self.ends[1].end(send_bye=False).addCallback(self.reports.append)
        self.ends[1].end().addCallback(self.reports.append)
        self.assertEqual([report.reason for report in self.reports], ["pedido", "despedida", "despedida"])
        self.assertTrue(all(end.stopped for end in self.network.ends))
        self.assertApproximates(self.reports[0].seconds, 2, 0.2)
        self.assertEqual(self.clock.calls, [])

    def test_path_after_good_bye(self) -> None:
        """That the path falls silent after the other side's BYE is not told, and is not in the report."""
        self.secure()
        self.run_for(2)
        self.ends[0].end()
        self.run_for(0.5)
        silent = self.network.ends[1]
        silent.path = PathKind.NONE
        self.listeners[1].events.clear()
        silent.listener.path_changed(silent.path)
        self.ends[1].end(send_bye=False).addCallback(self.reports.append)
        self.assertEqual(self.reports[0].last.path, "direto")
        self.assertEqual(self.listeners[1].events, [])

    def test_silence_of_the_line(self) -> None:
        """After 2 s without a packet it is reconnecting, and talks on when packets come again."""
        self.secure()
        self.run_for(2)
        self.network.ends[1].cut = True
        self.run_for(4)
        self.assertIn(("reconnecting", True), self.listeners[0].events)
        self.network.ends[1].cut = False
        self.run_for(1)
        self.assertEqual(self.listeners[0].events[-1], ("reconnecting", False))

    def test_lost(self) -> None:
        """After 30 s without a packet the other side is lost; nothing is sent any more."""
        self.secure()
        self.run_for(1)
        self.network.ends[1].cut = True
        self.run_for(32)
        self.assertEqual(self.listeners[0].events.count("lost"), 1)
        line = self.network.ends[0].line
        assert line is not None
        sent = line.sent
        self.run_for(2)
        self.assertEqual(line.sent, sent)

    def test_never_answered(self) -> None:
        """Keys that nobody else has are given up after 30 s; the report says that nobody was heard."""
        self.ends[0].secure(CALLER)
        self.run_for(31)
        self.assertIn("lost", self.listeners[0].events)
        self.ends[0].end().addCallback(self.reports.append)
        self.run_for(1)
        self.assertIsNone(self.reports[0].started_at)

    def test_end_before_keys(self) -> None:
        """A call that never got keys ends at once; keys that come later are too late."""
        self.ends[0].end().addCallback(self.reports.append)
        self.assertEqual(self.reports[0].seconds, 0)
        self.ends[0].secure(CALLER)
        self.assertEqual(self.clock.calls, [])

    def test_junk_is_counted(self) -> None:
        """Foreign, altered and replayed datagrams change nothing but the counters."""
        self.secure()
        self.run_for(1)
        end = self.network.ends[0]
        before = len(end.authenticated_paths)
        for junk in (b"", b"\x80", bytes(40), b"\x80\x6f" + bytes(50), b"\x80\xc9" + bytes(50)):
            end.deliver(junk, self.clock.seconds())
        refused = self.ends[0].snapshot().refused
        self.assertEqual(refused.malformed + refused.foreign + refused.altered, 5)
        self.assertEqual(len(end.authenticated_paths), before)

    def test_mute(self) -> None:
        """Muted, nothing is heard at the other end; the snapshot says so; who talks is warned."""
        self.ends[0].mute(True)
        self.secure()
        self.run_for(4)
        self.assertTrue(self.listeners[0].snapshots[-1].muted)
        self.assertLess(self.listeners[1].snapshots[-1].sound.level_out, 0.001)
        self.assertIn(("warning", alerts.MUTED_TALKING), self.listeners[0].events)
        self.ends[0].mute(False)
        self.run_for(1)
        self.assertGreater(self.ends[1].levels[1], 0.1)

    def test_low_latency(self) -> None:
        """In low latency, frames are of 10 ms on a direct path and of 20 ms on a relay."""
        self.network.ends.clear()
        sound = SoundSetup(tone.capture(), null.playback(), codec="pcm", low_latency=True)
        self.ends = self.make(sound), self.make(sound, Role.CALLEE)
        self.secure()
        self.run_for(2)
        before = self.ends[0].snapshot().sent.packets
        self.run_for(1)
        self.assertApproximates(self.ends[0].snapshot().sent.packets - before, 100, 3)
        self.ends[0].path_changed(PathKind.RELAY)
        before = self.ends[0].snapshot().sent.packets
        self.run_for(1)
        self.assertApproximates(self.ends[0].snapshot().sent.packets - before, 50, 3)

    def test_push_to_talk(self) -> None:
        """With push-to-talk one is muted unless the key is down."""
        self.network.ends.clear()
        sound = SoundSetup(tone.capture(), null.playback(), codec="pcm", push_to_talk=True)
        self.ends = self.make(sound), self.make(sound, Role.CALLEE)
        self.secure()
        self.run_for(1)
        self.assertTrue(self.ends[0].snapshot().muted)
        self.ends[0].talk(True)
        self.run_for(0.5)
        self.assertFalse(self.ends[0].snapshot().muted)
        self.assertGreater(self.ends[1].levels[1], 0.1)
        self.ends[0].talk(False)
        self.assertTrue(self.ends[0].snapshot().muted)

    def test_commands_before_keys(self) -> None:
        """Everything may be asked for before there are keys."""
        end = self.ends[0]
        end.allocate(RelayCredentials((), "u", "s", 60))
        end.reach(())
        end.line_received(b"x")
        end.talk(True)
        end.gain(3)
        end.volume(3)
        self.assertEqual(end.levels, (0.0, 0.0))
        self.assertEqual(end.snapshot().path, "nenhum")
        self.assertEqual(end.local_candidates, ())
        self.assertEqual(self.network.ends[0].lines, [b"x"])


class DeviceTroubleTests(ConversationTests):
    """The same conversations when one side's devices cannot be opened."""

    def setUp(self) -> None:
        """The callee has neither microphone nor loudspeaker."""
        super().setUp()

        def broken(_: DeviceContext) -> null.NullCapture:
            raise DeviceError("no such device")

        def broken_too(_: DeviceContext) -> null.NullPlayback:
            raise DeviceError("no such device")

        self.network.ends.clear()
        self.ends = (
            self.make(SoundSetup(tone.capture(), null.playback(), codec="pcm")),
            self.make(SoundSetup(broken, broken_too, codec="pcm"), Role.CALLEE),
        )

    def test_warned(self) -> None:
        """It is told of both."""
        self.secure()
        self.run_for(1)
        codes = [
            event[1]
            for event in self.listeners[1].events
            if isinstance(event, tuple) and event[0] == "warning"
        ]
        self.assertEqual(codes, [alerts.MIC_FAILED, alerts.SPEAKER_FAILED])


class FileCallTests(TestCase):
    """From a WAV file to a WAV file."""

    def test_recording_is_what_was_played(self) -> None:
        """A tone spoken from a file is found in the other side's recording, which is as long as the call."""
        spoken, heard = Path(self.mktemp()), Path(self.mktemp())
        writer = wav.WavWriter(spoken)
        writer.write((8000 * np.sin(np.arange(48000) * 0.05)).astype(np.int16))
        writer.close()
        clock = Clock()
        network = MemoryNetwork(clock)
        ends = [
            Conversation(
                clock,
                role=role,
                call_id="c",
                sound=sound,
                listener=RecordingListener(),
                transport=network.maker(),
            )
            for role, sound in (
                (Role.CALLER, SoundSetup(file_device.capture(spoken), null.playback())),
                (Role.CALLEE, SoundSetup(null.capture(), file_device.playback(heard))),
            )
        ]
        ends[0].secure(CALLER)
        ends[1].secure(CALLEE)
        clock.pump([0.01] * 200)
        for end in ends:
            end.end()
        clock.pump([0.01] * 20)
        recording = wav.read(heard).astype(float)
        self.assertApproximates(len(recording) / 48000, 1.98, 0.06)
        loud = np.abs(recording) > 2000
        self.assertGreater(loud.sum(), 30000)
        # The spectrum of the middle is one line, at the tone's frequency.
        middle = recording[24000:40000] * np.hanning(16000)
        strongest = int(np.argmax(np.abs(np.fft.rfft(middle)))) * 3.0
        self.assertApproximates(strongest, 0.05 * 48000 / 6.2832, 4)
