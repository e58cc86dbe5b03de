"""Whole calls: the daemon through its plug-in by name, and `sala-cli` in processes of its own, over real
sockets.
"""

import base64
import contextlib
import json
import shutil
import tempfile
import time
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.cli_echo import CALLS_A_MINUTE
from kivy_client.cli_texts import Status
from tests.support.client_process import PATIENCE, SPEECH, ClientProcess, address_of
from tests.support.daemon_process import DaemonProcess
from voz.device import wav

FRAME = 480
"""Samples of one value of an envelope: 10 ms."""

PIECE, STEP = 300, 50
"""Values of an envelope: pieces of 3 s, one every half second."""

ALIKE = 0.9
"""Pieces of other speech reach 0.85, the right one 0.97."""

QUIET = 0.1


def envelope(sound: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return how loud a recording is, 100 times a second, without its mean."""
    whole = sound[: len(sound) // FRAME * FRAME].astype(np.float64).reshape(-1, FRAME)
    loud = np.log10(1.0 + np.sqrt((whole**2).mean(axis=1)))
    centred: NDArray[np.float64] = loud - loud.mean()
    return centred


def likeness(spoken: Path, heard: Path) -> float:
    """Return how like the most alike 3 s of two recordings are, up to 1: correlation of loudness over all
    delays.

    Pieces, because a machine that is late makes up for it by leaving something out.
    """
    one, other = envelope(wav.read(spoken)), envelope(wav.read(heard))
    pieces = [one[start : start + PIECE] for start in range(0, len(one) - PIECE, STEP)]
    places = [other[start : start + PIECE] for start in range(len(other) - PIECE)]
    return max(
        float(np.corrcoef(piece, place)[0, 1])
        for piece in pieces
        for place in places
        if piece.std() > QUIET and place.std() > QUIET
    )


def seconds_of(path: Path) -> float:
    """Return the length of a WAV file."""
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


class CallCase(SynchronousTestCase):
    """A daemon, and clients that are gone afterwards."""

    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        """Start the daemon."""
        self.folder = Path(tempfile.mkdtemp(prefix="sala-teste-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.daemon = DaemonProcess(
            self.folder / "registro", "--interface", "127.0.0.1", "--drenar", "1", *self.options
        ).start()
        self.addCleanup(self.daemon.end)
        self.server = address_of(self.daemon)

    def client(self, name: str, *arguments: str, server: str | None = None) -> ClientProcess:
        """Start a client."""
        process = ClientProcess(self.folder, server or self.server, name, *arguments)
        self.addCleanup(process.kill)
        return process

    def waiting(self, name: str, *arguments: str) -> ClientProcess:
        """Start a client that sits in the room and is told what to do."""
        process = self.client(name, "sala", "--sem-som", *arguments)
        process.read_until("na sala, como")
        return process

    def wait_for(self, recording: Path, seconds: float) -> None:
        """Wait until so much was heard: 48 kHz of 16 bits; the header is completed at the end."""
        end = time.monotonic() + PATIENCE
        while not recording.exists() or recording.stat().st_size < 96_000 * seconds:
            self.assertLess(time.monotonic(), end, f"{recording} does not grow")
            time.sleep(0.1)

    def ends(self, process: ClientProcess, status: Status) -> None:
        """The process ends with this status, and one sentence."""
        self.assertEqual(status, process.wait(), process.output)


class ConversationTests(CallCase):
    """Two people talk."""

    def talk(self, *path: str) -> tuple[ClientProcess, ClientProcess]:
        """Let two recordings be spoken to each other; return caller and callee, ended well."""
        callee = self.client(
            "bia",
            "atender",
            *("--entrada", str(SPEECH / "demo_b.wav"), "--saida", str(self.folder / "bia.wav")),
            *("--json", *path),
        )
        callee.read_until("esperando uma chamada")
        caller = self.client(
            "joão",
            "ligar",
            "Bia",
            *("--entrada", str(SPEECH / "demo_a.wav"), "--saida", str(self.folder / "joao.wav")),
            *("--duracao", "6", "--json", *path),
        )
        self.ends(caller, Status.OK)
        self.ends(callee, Status.OK)
        return caller, callee

    def assert_good(self, caller: ClientProcess, callee: ClientProcess, path: str) -> None:
        """Both have the same words, both heard each other, by this path, and nothing was refused."""
        one, other = caller.report, callee.report
        self.assertEqual(3, len(one["palavras"]))
        self.assertEqual(one["palavras"], other["palavras"])
        self.assertEqual(("hung-up-here", "hung-up-there"), (one["fim"], other["fim"]))
        for report in (one, other):
            self.assertEqual(path, report["caminho"])
            self.assertGreater(report["recebidos"], 150)
            self.assertEqual(0, report["recusados"]["alterados"] + report["recusados"]["malformados"])
        for spoken, heard in (("demo_a.wav", "bia.wav"), ("demo_b.wav", "joao.wav")):
            self.assertGreater(seconds_of(self.folder / heard), 4)
            self.assertGreater(likeness(SPEECH / spoken, self.folder / heard), ALIKE, heard)

    def test_through_the_relay(self) -> None:
        """Over the built-in relay both hear each other, with the same three words; messages are shown, keys
        cut.

        The relay's password is hidden.
        """
        caller, callee = self.talk("--caminho", "rele")
        self.assert_good(caller, callee, "rele")
        for verb in ("PEDIDO-REGISTRO", "PEDIDO-CONSULTA", "CONVITE ", "CHAVE ", "ENCERRAR-LIGACAO"):
            self.assertIn(f"> {verb}", caller.output)
        for verb in ("CONVITE ", "LIGACAO ", "CHAVE "):
            self.assertIn(f"< {verb}", callee.output)
        self.assertIn("senha=…", callee.output)
        self.daemon.read_until("na tabela")

    def test_directly(self) -> None:
        """Where a direct path works, the voice takes it."""
        self.assert_good(*self.talk("--caminho", "auto"), "direto")


class EchoTests(CallCase):
    """The user «eco»."""

    def test_ones_own_voice(self) -> None:
        """«eco» says one's own voice back a second later, to one at a time, and not too often."""
        echo = self.client("eco", "eco", "--caminho", "rele")
        echo.read_until("eco pronto")
        heard = self.folder / "ana.wav"
        spoken = SPEECH / "demo_a.wav"
        ana = self.client(
            "ana",
            "ligar",
            "eco",
            "--entrada",
            str(spoken),
            "--saida",
            str(heard),
            "--duracao",
            "99",
            "--json",
        )
        ana.read_until("em conversa com eco")
        self.ends(self.client("bia", "ligar", "eco", "--sem-som"), Status.BUSY)
        self.wait_for(heard, 6.0)
        ana.interrupt()
        self.ends(ana, Status.OK)
        self.assertEqual("rele", ana.report["caminho"])
        self.assertGreater(likeness(spoken, heard), ALIKE)
        for _ in range(CALLS_A_MINUTE - 1):
            self.ends(self.client("ana", "ligar", "eco", "--sem-som", "--duracao", "0.1"), Status.OK)
        self.ends(self.client("ana", "ligar", "eco", "--sem-som"), Status.REFUSED)
        echo.interrupt()
        self.assertIn(echo.wait(), (Status.OK, Status.INTERRUPTED))


class DaemonEchoTests(CallCase):
    """The daemon's own echo."""

    options = ("--eco",)

    def test_it_is_there(self) -> None:
        """With --eco the user «eco» is in the room by itself, answers, and is gone with a daemon that is
        killed.
        """
        self.daemon.read_until("REGISTRO-BEM-SUCEDIDO 1 nome=eco")
        ana = self.client("ana", "ligar", "eco", "--sem-som", "--duracao", "1", "--json")
        self.ends(ana, Status.OK)
        self.assertGreater(ana.report["recebidos"], 10)
        self.assertEqual(1, len(self.echoes()))
        self.daemon.kill()
        end = time.monotonic() + PATIENCE
        while self.echoes():
            self.assertLess(time.monotonic(), end, "the echo outlives its daemon")
            time.sleep(0.1)

    def echoes(self) -> list[Path]:
        """The processes that are this daemon's echo."""
        mark = str(self.folder / "registro" / "eco").encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (process / "cmdline").read_bytes().split(b"\0"):
                    found.append(process)
        return found


class EndTests(CallCase):
    """Each way a call can end has its own exit status, and one sentence."""

    def test_nobody_of_that_name(self) -> None:
        """A name that nobody owns."""
        self.ends(self.client("ana", "ligar", "ninguem", "--sem-som"), Status.NOT_FOUND)

    def test_absent(self) -> None:
        """A name whose owner is not connected; who is told of it later."""
        self.ends(self.client("bia", "tabela"), Status.OK)
        self.ends(self.client("ana", "ligar", "bia", "--sem-som"), Status.ABSENT)
        self.waiting("bia").read_until("chamada perdida de ana")

    def test_busy_refused_and_cancelled(self) -> None:
        """A person in a call is busy for a third; a refusal and a change of mind reach the other side."""
        bia = self.waiting("bia")
        carla = self.waiting("carla")
        bia.type("ligar carla")
        carla.read_until("bia chama")
        self.ends(self.client("ana", "ligar", "bia", "--sem-som"), Status.BUSY)
        bia.type("desligar")
        carla.read_until("bia desistiu da chamada")
        ana = self.client("ana", "ligar", "bia", "--sem-som")
        bia.read_until("ana chama")
        bia.type("recusar agora não posso")
        self.ends(ana, Status.REFUSED)
        self.assertIn("ana recusada", bia.read_until("ana recusada"))

    def test_do_not_disturb(self) -> None:
        """The registry refuses for somebody who does not want to be disturbed."""
        bia = self.waiting("bia")
        bia.type("silencio 5")
        bia.read_until("não perturbe")
        self.ends(self.client("ana", "ligar", "bia", "--sem-som"), Status.DO_NOT_DISTURB)

    def test_no_answer(self) -> None:
        """A callee whose program dies while it rings does not answer."""
        bia = self.waiting("bia")
        ana = self.client("ana", "ligar", "bia", "--sem-som")
        bia.read_until("ana chama")
        bia.kill()
        self.ends(ana, Status.NO_ANSWER)

    def test_the_server_goes_while_it_rings(self) -> None:
        """A registry that is killed ends a ring."""
        bia = self.waiting("bia")
        ana = self.client("ana", "ligar", "bia", "--sem-som")
        bia.read_until("ana chama")
        self.daemon.kill()
        self.ends(ana, Status.SERVER)

    def test_the_server_goes_while_they_talk(self) -> None:
        """A conversation outlives a restart of the registry: nobody's phone rings again, and it ends in
        order.
        """
        bia = self.waiting("bia")
        ana = self.client("ana", "ligar", "bia", "--sem-som")
        bia.read_until("ana chama")
        bia.type("atender")
        bia.read_until("em conversa com ana")
        ana.read_until("… direto")
        self.daemon.kill()
        bia.read_until("o servidor sumiu; a conversa continua sem ele")
        port = self.server.partition("//")[2].partition("/")[0].rpartition(":")[2]
        again = DaemonProcess(
            self.folder / "registro", "--interface", "127.0.0.1", "--drenar", "1", "--porta", port
        ).start()
        self.addCleanup(again.end)
        bia.read_again("na sala, como bia")
        self.assertEqual(1, bia.output.count("ana chama"))
        ana.interrupt()
        self.ends(ana, Status.OK)
        bia.read_until("ana encerrou a conversa")

    def test_ctrl_c(self) -> None:
        """Ctrl-C in a conversation hangs up in order, and the other side hears of it at once."""
        bia = self.waiting("bia")
        ana = self.client("ana", "ligar", "bia", "--sem-som")
        bia.read_until("ana chama")
        bia.type("atender")
        ana.read_until("em conversa com bia")
        ana.interrupt()
        self.ends(ana, Status.OK)
        bia.read_until("ana encerrou a conversa")

    def test_a_name_of_somebody_else(self) -> None:
        """A name belongs to the first key that claimed it."""
        self.ends(self.client("ana", "tabela"), Status.OK)
        shutil.rmtree(self.folder / "estado-ana")
        self.ends(self.client("ana", "tabela"), Status.REGISTRATION)

    def test_a_changed_key(self) -> None:
        """A name that shows another key than the pinned one is not called, until a person accepts the new
        one.
        """
        self.waiting("bia")
        self.ends(self.client("ana", "consultar", "bia"), Status.OK)
        self.pin_another_key("bia")
        self.ends(self.client("ana", "ligar", "bia", "--sem-som"), Status.KEY_CHANGED)
        self.ends(self.client("ana", "confiar-em", "bia"), Status.OK)
        self.ends(self.client("ana", "consultar", "bia"), Status.OK)

    def pin_another_key(self, name: str) -> None:
        """Change what «ana» has pinned for a name, as if it had had another key before."""
        file = self.folder / "estado-ana" / "chaves.json"
        pins = json.loads(file.read_text("utf-8"))
        for names in pins.values():
            names[name] = base64.b64encode(bytes(32)).decode()
        file.write_text(json.dumps(pins), "utf-8")


class PlainTests(CallCase):
    """What only asks."""

    def test_the_table(self) -> None:
        """tabela lists who is there; with --json as one object on stdout."""
        self.waiting("bia")
        ana = self.client("ana", "--silencioso", "tabela", "--json")
        self.ends(ana, Status.OK)
        self.assertIn('[{"nome": "ana", "estado": "livre"}, {"nome": "bia", "estado": "livre"}]', ana.output)

    def test_first_contact(self) -> None:
        """Without a fingerprint in the address it is shown and not accepted, unless --confiar says so."""
        plain = self.server.partition("#")[0]
        ana = self.client("ana", "tabela", server=plain)
        self.ends(ana, Status.FINGERPRINT)
        self.assertIn(self.server.partition("#")[2], ana.output.replace(" ", ""))
        self.ends(self.client("ana", "--confiar", "tabela", server=plain), Status.OK)
        self.ends(self.client("ana", "tabela", server=plain), Status.OK)

    def test_nobody_there(self) -> None:
        """A port where nothing listens is one sentence and a status of its own."""
        self.daemon.end()
        self.ends(self.client("ana", "tabela"), Status.SERVER)

    def test_usage(self) -> None:
        """A command line that makes no sense is refused before anything is sent."""
        self.ends(self.client("ana", "voar"), Status.USAGE)
        self.ends(self.client("a b", "tabela"), Status.USAGE)
        self.ends(self.client("ana", "tabela", server="http://x"), Status.USAGE)
