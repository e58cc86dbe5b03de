"""A call of ours in the hands of programs that are not: FFmpeg hears it, tshark reads its reports."""

from __future__ import annotations

import base64
import shutil
import socket
import struct
import subprocess
import time
from functools import cache
from pathlib import Path
from unittest import SkipTest

import numpy as np
from twisted.trial.unittest import TestCase

from tests.support.line import Impairment
from tests.support.simulation import A, SimulatedCall
from voz.crypto import Opener
from voz.device import wav
from voz.engine import EngineOptions
from voz.measure import compare
from voz.packet import is_rtcp

SPEECH = Path(__file__).parent.parent / "speech" / "demo_a.wav"
SDP = """\
v=0
o=- 0 0 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio {port} RTP/SAVP 111
a=rtpmap:111 opus/48000/2
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}
a=rtcp-mux
"""


@cache
def recorded_call() -> list[tuple[float, bytes]]:
    """The datagrams that one side of a clean call sends, with the seconds at which it does."""
    call = SimulatedCall(Impairment(), options=EngineOptions(dtx=False))
    sent: list[tuple[float, bytes]] = []
    forward = call.forth.send

    def keep(data: bytes) -> bool:
        sent.append((call.clock.seconds() - 1000, data))
        return forward(data)

    call.a._emit = keep
    speech = wav.read(SPEECH)
    call.run(speech[: len(speech) // 480 * 480])
    return sent


class InteropTests(TestCase):
    """One recorded call for all."""

    def setUp(self) -> None:
        """Record it, if that was not done for another test."""
        self.sent = recorded_call()

    def test_ffmpeg_decodes_the_call(self) -> None:
        """FFmpeg, given an SDP with the keys, decodes the SRTP stream to the speech that was spoken."""
        if shutil.which("ffmpeg") is None:
            raise SkipTest("ffmpeg is not installed")
        folder = Path(self.mktemp())
        folder.mkdir()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1] & ~1
        (folder / "call.sdp").write_text(SDP.format(port=port, key=base64.b64encode(A.key + A.salt).decode()))
        command = [
            "ffmpeg",
            "-nostdin",
            "-loglevel",
            "error",
            "-protocol_whitelist",
            "file,udp,rtp,srtp,crypto",
        ]
        command += [
            "-analyzeduration",
            "0",
            "-i",
            "call.sdp",
            "-t",
            "7",
            "-ac",
            "1",
            "-ar",
            "48000",
            "-y",
            "heard.wav",
        ]
        program = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)
        self.addCleanup(lambda: program.poll() is None and program.kill())
        self.play(port)
        _, errors = program.communicate(timeout=40)
        heard = wav.read(folder / "heard.wav")
        found = compare(wav.read(SPEECH), np.concatenate([np.zeros(48_000, np.int16), heard]))
        self.assertGreater(found.likeness, 0.9, errors[-500:])

    def play(self, port: int) -> None:
        """Send the voice at its pace, after the listener had time to open its port."""
        time.sleep(1.5)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            began = time.monotonic()
            for when, data in self.sent:
                if not is_rtcp(data):
                    time.sleep(max(0.0, began + when - time.monotonic()))
                    out.sendto(data, ("127.0.0.1", port))

    def test_tshark_reads_the_reports(self) -> None:
        """The reports, opened with the key, are RTCP to Wireshark: SR, SDES, XR, nothing malformed."""
        if shutil.which("tshark") is None:
            raise SkipTest("tshark is not installed")
        opener = Opener(A.key, A.salt, A.ssrc)
        reports = [opener.open_rtcp(data) for _, data in self.sent if is_rtcp(data)]
        self.assertGreater(len(reports), 10)
        path = Path(self.mktemp())
        path.write_bytes(_capture(reports))
        command = [
            "tshark",
            "-r",
            str(path),
            "-d",
            "udp.port==5005,rtcp",
            "-T",
            "fields",
            "-E",
            "separator=|",
        ]
        for field in ("rtcp.pt", "rtcp.ssrc.identifier", "rtcp.ssrc.ext_high", "rtcp.xr.bt", "_ws.malformed"):
            command += ["-e", field]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        rows = [line.split("|") for line in done.stdout.splitlines()]
        self.assertEqual(len(rows), len(reports))
        self.assertEqual({row[-1] for row in rows}, {""})
        kinds = rows[-1][0].split(",")
        self.assertEqual(kinds, ["200", "202", "207"])
        self.assertEqual(rows[-1][3], "7")

    def test_tshark_reads_the_voice(self) -> None:
        """Opened, the voice is RTP to Wireshark: payload type 111, our source, no number missing."""
        if shutil.which("tshark") is None:
            raise SkipTest("tshark is not installed")
        opener = Opener(A.key, A.salt, A.ssrc)
        packets = [opener.open_rtp(data) for _, data in self.sent if not is_rtcp(data)]
        path = Path(self.mktemp())
        path.write_bytes(_capture(packets))
        command = ["tshark", "-r", str(path), "-d", "udp.port==5005,rtp", "-T", "fields", "-e", "rtp.seq"]
        command += ["-e", "rtp.p_type", "-e", "rtp.ssrc"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        numbers = [int(row[0]) for row in rows]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(packets))))
        self.assertEqual({(row[1], int(row[2], 16)) for row in rows}, {("111", A.ssrc)})


def _capture(datagrams: list[bytes]) -> bytes:
    """A pcap file of UDP datagrams to port 5005 (link type 228: plain IPv4)."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 228)
    for number, data in enumerate(datagrams):
        udp = struct.pack("!HHHH", 5005, 5005, 8 + len(data), 0) + data
        address = bytes([127, 0, 0, 1])
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0) + address + address
        packet = ip + udp
        out += struct.pack("<IIII", number // 50, number % 50 * 20_000, len(packet), len(packet)) + packet
    return out
