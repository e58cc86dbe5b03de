"""A baresip of its own directory for each end: accounts, configuration, start, stop."""

from __future__ import annotations

import subprocess
from pathlib import Path

MODULES = ("stdio.so", "alsa.so", "opus.so", "account.so", "menu.so", "auconv.so", "auresamp.so")
_CONFIG = """\
sip_listen {address}
audio_player alsa,{speaker}
audio_source alsa,{microphone}
audio_alert alsa,{speaker}
audio_level no
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 1
auplay_channels 1
module_path {path}
rtp_ports {ports}
jitter_buffer_delay {buffer}
opus_bitrate 32000
opus_inbandfec yes
opus_packet_loss 10
{modules}
"""


class Baresip:
    """One end; `buffer` is its jitter buffer in frames, least and most."""

    def __init__(
        self, folder: Path, environment: dict[str, str], *, name: str, port: int, buffer: str, ptime: int = 20
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._name = name
        self._port = port
        self._buffer = buffer
        self._ptime = ptime
        self._program: subprocess.Popen[bytes] | None = None

    @staticmethod
    def module_path() -> Path | None:
        """Where its modules are, None if it is not installed."""
        return next(iter(Path("/usr").glob("lib*/**/baresip/modules")), None)

    def start(self, microphone: str, speaker: str, dial: str | None = None) -> None:
        """Start it, and call `dial`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config = _CONFIG.format(
            address=f"127.0.0.1:{self._port}",
            speaker=speaker,
            microphone=microphone,
            path=self.module_path(),
            ports=f"{self._port + 2}-{self._port + 20}",
            buffer=self._buffer,
            modules="\n".join(f"module {name}" for name in MODULES),
        )
        (self._folder / "config").write_text(config)
        account = f"<sip:{self._name}@127.0.0.1:{self._port}>;regint=0;answermode=auto;ptime={self._ptime}"
        (self._folder / "accounts").write_text(account + ";audio_codecs=opus/48000/1\n")
        (self._folder / "contacts").write_text("")
        command = ["baresip", "-f", str(self._folder)]
        if dial:
            command += ["-e", f"/dial {dial}"]
        log = (self._folder / "log").open("wb")
        self._program = subprocess.Popen(
            command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )

    def stop(self) -> None:
        """End it."""
        if self._program is not None:
            self._program.terminate()
            try:
                self._program.wait(5)
            except subprocess.TimeoutExpired:
                self._program.kill()
                self._program.wait()
