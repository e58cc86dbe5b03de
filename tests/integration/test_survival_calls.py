"""Whole calls that survive the network: the daemon and `sala-cli`, each in a namespace of the laboratory.

Runs as root on Linux; skipped with a word elsewhere. SALA_LAB_REPORT names a file for what was lost.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from tests.support import lab
from tests.support.lab import ROOT, SERVER, Lab, note, place

#: Packets of one side in a second.
RATE = 50
BIN = Path(sys.executable).parent


def write_murmur(path: Path, seconds: int = 30) -> None:
    """A voice-like sound without a pause, so that a hole is a hole."""
    at = np.arange(48000 * seconds) / 48000
    sound = (
        np.sin(2 * np.pi * 180 * at) + 0.5 * np.sin(2 * np.pi * 360 * at) + 0.4 * np.sin(2 * np.pi * 720 * at)
    )
    sound = sound * (1 + 0.3 * np.sin(2 * np.pi * 3 * at))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes((sound / np.abs(sound).max() * 9000).astype("<i2").tobytes())


class Client:
    """One `sala-cli` on a host."""

    def __init__(self, case: CallCase, host: str, *command: str) -> None:
        self.output = case.folder / f"{host}.json"
        self.log = case.folder / f"{host}.log"
        with self.output.open("wb") as out, self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", case.lab.namespace(host), str(BIN / "sala-cli"), "--servidor", SERVER,
                 "--confiar", "--estado", str(case.folder / host), "--nome", host, "--json", *command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=log, cwd=ROOT,
            )  # fmt: skip
        case.addCleanup(self.end)

    def end(self) -> None:
        """End it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)

    def wait_for(self, text: str, patience: float = 30.0) -> None:
        """Until it has said that."""
        until = time.monotonic() + patience
        while text not in self.log.read_text(errors="replace"):
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError(f"{text!r} was not said:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)

    def report(self) -> dict[str, Any]:
        """The object that it printed."""
        said: dict[str, Any] = json.loads(self.output.read_text().strip().splitlines()[-1])
        return said


class CallCase(SynchronousTestCase):
    """Ana with Wi-Fi and a cable, Bia with Wi-Fi, both behind NATs; the daemon on the server."""

    skip = lab.missing() or (None if shutil.which("sala-cli", path=str(BIN)) else "sala-cli is not installed")
    timeout = 180

    def setUp(self) -> None:
        """Build it."""
        self.folder = Path(tempfile.mkdtemp(prefix="sala-teste-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        place(self.lab, "ana", 1, "port-restricted")
        self.lab.add_link(
            "ana", "cable", ["10.0.101.2"], nat="port-restricted", public="198.51.101.1", up=False
        )
        place(self.lab, "bia", 2, "port-restricted")
        write_murmur(self.folder / "murmur.wav")
        self.daemon = self.start_daemon()

    def start_daemon(self) -> subprocess.Popen[bytes]:
        """The registry as an operator starts it."""
        with (self.folder / "daemon.log").open("ab") as log:
            daemon = subprocess.Popen(
                ["ip", "netns", "exec", self.lab.namespace("server"), str(BIN / "twistd"), "-n", "--pidfile=",
                 "salaregistro", "--estado", str(self.folder / "registro"), "--painel", "nao"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT,
            )  # fmt: skip
        self.addCleanup(self.stop_daemon, daemon)
        self.lab.wait_for_udp("server", 5000)
        return daemon

    def stop_daemon(self, daemon: subprocess.Popen[bytes]) -> None:
        """End it, if it still runs."""
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait(10)

    def talk(self, path: str, seconds: int, settled: str) -> tuple[Client, Client]:
        """Ana calls Bia; returns when both have talked, and have shown the path that is `settled`."""
        sound = ("--entrada", str(self.folder / "murmur.wav"), "--repetir", "--caminho", path)
        bia = Client(self, "bia", "atender", *sound, "--saida", str(self.folder / "bia.wav"))
        bia.wait_for("esperando uma chamada")
        ana = Client(
            self,
            "ana",
            "ligar",
            "bia",
            *sound,
            "--saida",
            str(self.folder / "ana.wav"),
            "--duracao",
            str(seconds),
        )
        for client in (ana, bia):
            client.wait_for("em conversa com")
            client.wait_for(settled)
        time.sleep(1)
        return ana, bia

    def judge(self, name: str, clients: tuple[Client, Client], path: str, most: float) -> None:
        """Both ended well, on that path, and missed at most so many seconds of each other."""
        reports = []
        for client in clients:
            self.assertEqual(client.process.wait(60), 0, client.log.read_text(errors="replace")[-3000:])
            reports.append(client.report())
        note(name, lost=[report["perdidos"] for report in reports], path=[r["caminho"] for r in reports])
        for report in reports:
            self.assertLess(report["perdidos"], most * RATE, reports)
            self.assertEqual(report["caminho"], path)
        for client in clients:
            # Nobody's phone rings again, and nobody is asked anything.
            self.assertEqual(client.log.read_text(errors="replace").count("CONVITE "), 1)


class SurvivalTests(CallCase):
    """One call each."""

    def test_a_move(self) -> None:
        """From Wi-Fi to the cable: less than 400 ms are missed, and the path is direct again."""
        clients = self.talk("auto", 24, "… direto")
        self.lab.up("ana", "cable")
        self.lab.down("ana", "wlan")
        self.judge("call: move", clients, "direto", 0.4)

    def test_a_move_by_the_relay(self) -> None:
        """From Wi-Fi to the cable, always by the relay: less than 400 ms are missed."""
        clients = self.talk("rele", 10, "… relé")
        self.lab.up("ana", "cable")
        self.lab.down("ana", "wlan")
        self.judge("call: move, relay", clients, "rele", 0.4)

    def test_the_relay_is_killed(self) -> None:
        """kill -9 of the relay's process: the daemon starts another, and the call goes on by itself."""
        clients = self.talk("rele", 12, "… relé")
        os.kill(self.relay_process(), signal.SIGKILL)
        self.judge("call: relay killed", clients, "rele", 3.0)

    def test_the_registry_is_killed(self) -> None:
        """kill -9 of the daemon, and a new one: a direct call does not notice, and ends as people end it."""
        clients = self.talk("auto", 12, "… direto")
        self.daemon.kill()
        self.daemon.wait(10)
        self.daemon = self.start_daemon()
        self.judge("call: registry killed", clients, "direto", 0.2)

    def test_ten_seconds_in_a_lift(self) -> None:
        """Ten seconds without any network, by the relay: voice is back within a second of it."""
        clients = self.talk("rele", 20, "… relé")
        self.lab.set("ana", "wlan", down=True)
        time.sleep(10)
        self.lab.set("ana", "wlan", down=False)
        self.judge("call: 10 s without a network", clients, "rele", 11.0)

    def relay_process(self) -> int:
        """The pid of the daemon's relay."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.daemon.pid)], check=True, capture_output=True, text=True
        )
        for pid in found.stdout.split():
            if b"voz.relay" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
        raise AssertionError("the daemon has no relay")


class NoUdpTests(CallCase):
    """Where UDP does not pass."""

    def test_a_call_by_lines(self) -> None:
        """Bia's network lets no UDP through: the call goes by lines of the TLS connection, without a hole."""
        self.lab.command(nat=self.lab.link("bia", "wlan"), kind="no-udp")
        clients = self.talk("auto", 8, "… pelo servidor")
        self.judge("call: no UDP", clients, "linhas", 0.5)
