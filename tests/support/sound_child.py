"""A process with sound devices, for tests under a private PulseAudio: plays a tone, hears it, tells what it
saw.

    python -m tests.support.sound_child SPEAKER MICROPHONE SECONDS

The tone goes to SPEAKER by our own loudspeaker; MICROPHONE is heard by our own microphone. Prints one JSON
object.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from twisted.internet import reactor

from voz.clock import BLOCK, MediaClock
from voz.codec import Sound
from voz.device import DeviceContext, sound

FREQUENCY = 700.0


def main() -> None:
    """Play and hear."""
    speaker, microphone, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    troubles: list[str] = []
    context = DeviceContext(reactor, MediaClock(reactor), troubles.append)
    heard: list[Sound] = []
    references: list[float] = []
    position = [0]

    def pull() -> Sound:
        moments = np.arange(position[0], position[0] + BLOCK) / 48_000
        position[0] += BLOCK
        return np.rint(8000 * np.sin(2 * np.pi * FREQUENCY * moments)).astype(np.int16)

    def deliver(block: Sound, reference: Sound | None) -> None:
        heard.append(block)
        references.append(0.0 if reference is None else float(np.abs(reference.astype(int)).max()))

    playback = sound.playback(speaker)(context)
    capture = sound.capture(microphone)(context)
    playback.start(pull)
    capture.start(deliver)
    sys.stdout.write("ready\n")
    sys.stdout.flush()

    def end() -> None:
        capture.stop()
        playback.stop()
        whole = np.concatenate(heard) if heard else np.zeros(1, np.int16)
        spectrum = np.abs(np.fft.rfft(whole[-48_000:].astype(float)))
        figures = {
            "blocks": len(heard),
            "pulled": playback.counters().blocks,
            "underruns": playback.counters().underruns,
            "overruns": capture.counters().overruns,
            "frequency": float(np.argmax(spectrum)) * 48_000 / max(1, len(whole[-48_000:])),
            "loudness": float(np.sqrt(np.mean(whole[-48_000:].astype(float) ** 2))),
            "references": sum(level > 1000 for level in references),
            "troubles": troubles,
        }
        sys.stdout.write(json.dumps(figures) + "\n")
        reactor.stop()

    reactor.callLater(seconds, end)
    reactor.run()


if __name__ == "__main__":
    main()
