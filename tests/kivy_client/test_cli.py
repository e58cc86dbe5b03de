"""The terminal: command line, texts, and what each command does with a client."""

import errno
import io
import json
import os
import subprocess
import sys
import wave
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet.defer import fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from kivy_client import cli, cli_files, cli_options, cli_script, cli_texts
from kivy_client.cli import SCRIPTS, TALKING
from kivy_client.cli_calls import PHASES
from kivy_client.cli_console import Console
from kivy_client.cli_echo import CALLS_A_MINUTE, Rate
from kivy_client.cli_prompt import PromptScript
from kivy_client.cli_script import Script
from kivy_client.cli_texts import Status
from kivy_client.cli_words import COMMANDS, NAMED
from kivy_client.session import identity
from kivy_client.session.boundary import Face
from kivy_client.session.results import CallResult, ConnectResult
from kivy_client.session.sounds import DeviceLists
from kivy_client.session.state import LogLine
from kivy_client.session.state_call import QualityView
from kivy_client.session.vocabulary import (
    CallPhase,
    Caution,
    EndCause,
    HistoryKind,
    Link,
    Presence,
    QualityCause,
    Side,
    Trouble,
)
from kivy_client.session.vocabulary import Path as VoicePath
from kivy_client.session.voice import SoundError
from registro.wire.messages import ConviteRejeitado, Estado, PedidoConsulta, TabelaMudou, Tocando
from tests.kivy_client.session.test_calls import Other
from tests.support.client_world import ClientWorld, FakeSounds, public_of
from voz.reporting.diagnosis import diagnose
from voz.stats import Direction as Packets
from voz.stats import Snapshot


class OptionTests(SynchronousTestCase):
    """The command line."""

    def parse(self, *words: str) -> Namespace:
        """Read a command line."""
        return cli_options.parse(words)

    def fails(self, *words: str) -> str:
        """Return what is said about a wrong one; its exit status is 2."""
        stream = io.StringIO()
        self.patch(sys, "stderr", stream)
        error = self.assertRaises(SystemExit, cli_options.parse, words)
        self.assertEqual(2, error.code)
        return stream.getvalue()

    def test_a_call(self) -> None:
        """Files, devices, duration, path; --json before or after the command."""
        given = self.parse(
            *("--servidor", "sala://x", "--nome", "ana", "ligar", "bia", "--entrada", "a.wav"),
            *("--saida", "b.wav", "--duracao", "5", "--json", "--caminho", "rele"),
        )
        self.assertEqual(
            ("ligar", "bia", 5.0, "rele"), (given.comando, given.alvo, given.duracao, given.caminho)
        )
        self.assertEqual((Path("a.wav"), Path("b.wav")), (given.entrada, given.saida))
        self.assertTrue(given.json)
        self.assertTrue(self.parse("--json", "tabela").json)
        self.assertFalse(self.parse("tabela").json)

    def test_the_echo_as_the_daemon_starts_it(self) -> None:
        """The daemon's `--eco` starts the echo with these words."""
        given = self.parse("--servidor", "sala://x", "--estado", "/tmp/x", "--nome", "eco", "eco")
        self.assertEqual(("eco", "eco"), (given.comando, given.nome))

    def test_wrong_values(self) -> None:
        """A wrong value is one sentence."""
        self.assertIn("«nunca»", self.fails("ligar", "bia", "--duracao", "nunca"))
        self.assertIn("«-1»", self.fails("ligar", "bia", "--duracao=-1"))
        self.assertIn("voar", self.fails("voar"))
        self.assertIn("--caminho", self.fails("ligar", "bia", "--caminho", "torto"))
        self.assertEqual("sala-cli: falta COMANDO («sala-cli --help» mostra o que há).\n", self.fails())
        for wrong in (("--espera",), ("tabela", "--voar"), ("ligar",), ("identidade", "mostrar", "--json=1")):
            self.assertNotRegex(self.fails(*wrong), "error|usage|argument|required|expected")

    def test_ctrl_c_while_it_loads(self) -> None:
        """Ctrl-C before the program is there ends it without a word, as a shell expects."""
        probe = "import signal, sys; from kivy_client import cli_start; sys.argv[1:] = ['--help']\n"
        probe += (
            "sys.meta_path.insert(0, type('Slow', (), {'find_spec': lambda *_: signal.raise_signal(2)}))\n"
        )
        command = [sys.executable, "-c", probe + "cli_start.main()"]
        root = Path(cli_files.__file__).parents[1]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((-2, "", ""), (done.returncode, done.stdout, done.stderr))

    def test_every_command_has_a_script(self) -> None:
        """What can be typed can be done."""
        root = cli_options.parser()
        actions: Any = next(action for action in root._actions if action.dest == "comando")
        self.assertEqual(set(SCRIPTS), set(actions.choices))
        self.assertTrue(set(SCRIPTS) >= TALKING)


class TextTests(SynchronousTestCase):
    """What is said."""

    def test_every_value_has_words(self) -> None:
        """No end, trouble, state or warning is without its sentence."""
        tables: tuple[tuple[Any, Any, set[Any]], ...] = (
            (EndCause, cli_texts.CALL_ENDS, set()),
            (Presence, cli_texts.PRESENCES, set()),
            (Link, cli_texts.LINKS, set()),
            (Caution, cli_texts.CAUTIONS, set()),
            (HistoryKind, cli_texts.KINDS, set()),
            (VoicePath, cli_texts.PATHS, set()),
            (CallPhase, PHASES, set()),
            (CallResult, cli_texts.CALL_RESULTS, {CallResult.STARTED}),
            (ConnectResult, cli_texts.CONNECT_RESULTS, {ConnectResult.STARTED}),
        )
        for values, table, without in tables:
            self.assertEqual(set(values) - without, set(table), values)

    def test_troubles_of_a_connection_have_words(self) -> None:
        """All but those that no connection has."""
        others = {
            Trouble.NONE,
            Trouble.FILE_SET_ASIDE,
            Trouble.FILE_NOT_WRITTEN,
            Trouble.IDENTITY_BROKEN,
            Trouble.SOUND,
            Trouble.MAINTENANCE,
        }
        self.assertEqual(set(Trouble) - others, set(cli_texts.TROUBLES))
        self.assertEqual(others - {Trouble.NONE}, set(cli_texts.PROBLEMS))

    def test_quality_has_words(self) -> None:
        """Each cause and side of a bad call is told."""
        self.assertEqual(set(QualityCause) - {QualityCause.NONE}, set(cli_texts.CAUSES))
        self.assertEqual(set(Side), set(cli_texts.SIDES))
        lossy = QualityView(1, QualityCause.LOSS, Side.THEIRS)
        self.assertEqual("som ruim: pacotes se perdem do lado de bia", cli_texts.quality_words(lossy, "bia"))
        self.assertEqual("som bom", cli_texts.quality_words(QualityView(), "bia"))

    def test_the_words_of_the_system(self) -> None:
        """What the system says of a file is said in Portuguese; what it does not say stays."""
        detail = f"historico.json: {os.strerror(errno.ENOSPC)}"
        self.assertEqual("historico.json: o disco está cheio", cli_texts.system_words(detail))
        self.assertEqual("historico.json.quebrado-1", cli_texts.system_words("historico.json.quebrado-1"))

    def test_only_conversations_end_well(self) -> None:
        """Exit status 0 is for conversations alone."""
        good = {cause for cause, end in cli_texts.CALL_ENDS.items() if end.status is Status.OK}
        self.assertEqual({EndCause.HUNG_UP_HERE, EndCause.HUNG_UP_THERE}, good)

    def test_typed_words_explain_themselves(self) -> None:
        """«ajuda» has a line for each word."""
        from kivy_client.cli_words import Words

        for name in COMMANDS:
            text = getattr(Words, name).__doc__
            self.assertTrue(text.startswith(name), name)


class FileTests(SynchronousTestCase):
    """Files in the place of devices."""

    def complaint(self, **files: Path) -> str:
        """What is wrong with them."""
        return cli_files.complaint(Namespace(**{"entrada": None, "saida": None, **files}))

    def recording(self, frames: int = 960) -> Path:
        """A WAV file."""
        path = Path(self.mktemp())
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 48000, 0, "NONE", ""))
            file.writeframes(bytes(2 * frames))
        return path

    def test_good(self) -> None:
        """No files, a recording, and a file that can be made."""
        self.assertEqual("", self.complaint())
        self.assertEqual("", self.complaint(entrada=self.recording(), saida=Path(self.mktemp())))
        self.assertEqual(0.02, cli_files.length_of(self.recording()))

    def test_wrong(self) -> None:
        """Each fault is one sentence, and nothing is created."""
        heard = Path(self.mktemp())
        for files, said in (
            ({"entrada": heard}, "não existe"),
            ({"entrada": Path("/")}, "não pode ser lido"),
            ({"entrada": Path(__file__)}, "não é um arquivo WAV"),
            ({"entrada": self.recording(0)}, "está vazio"),
            ({"saida": heard / "sub" / "b.wav"}, "não existe"),
            ({"saida": Path("/")}, "não pode ser escrito"),
        ):
            self.assertIn(said, self.complaint(**files))
        self.assertFalse(heard.exists())

    def test_before_anybody_is_called(self) -> None:
        """A recording that is not there ends the program before it makes a key or looks for a server."""
        state = Path(self.mktemp())
        command = [sys.executable, "-m", "kivy_client.cli", "--estado", str(state.resolve()), "--json"]
        command += [
            "--servidor",
            "registro.example",
            "--nome",
            "ana",
            "ligar",
            "bia",
            "--entrada",
            "nada.wav",
        ]
        root = Path(cli_files.__file__).parents[1]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((18, "sala-cli: o arquivo «nada.wav» não existe.\n"), (done.returncode, done.stderr))
        self.assertEqual({"fim": None, "estado_de_saida": 18}, json.loads(done.stdout))
        self.assertFalse(state.exists())


class BeginTests(SynchronousTestCase):
    """State folders that cannot be used: one sentence, and nothing is changed."""

    def said(self, folder: Path) -> str:
        """What a command says of this folder."""
        err = io.StringIO()
        clock: Any = Clock()
        clock.running = False
        self.patch(cli.signal, "signal", lambda *_: None)
        options = cli_options.parse(["--estado", str(folder), "--nome", "ana", "tabela"])
        script = SCRIPTS["tabela"](clock, options, Console(False, io.StringIO(), err))
        cli.begin(script, options, clock)
        self.assertEqual(Status.FAILED, script.status)
        return err.getvalue()

    def test_not_a_folder(self) -> None:
        """A file in the place of the folder, or above it."""
        plain = Path(self.mktemp())
        plain.write_text("x")
        self.assertIn("não pode ser lida: não é uma pasta.\n", self.said(plain))

    def test_a_broken_identity(self) -> None:
        """Nobody is made somebody else: the file is named and stays."""
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "identidade.chave").write_text("x")
        self.assertIn("identidade.chave» está estragada; ponha a cópia no lugar", self.said(folder))
        self.assertEqual("x", (folder / "identidade.chave").read_text())

    def test_a_full_disk(self) -> None:
        """The folder is named, and what the system says is said in Portuguese."""
        folder = Path(self.mktemp())

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        self.patch(identity, "write_atomically", full)
        self.assertEqual(
            f"sala-cli: a pasta do estado «{folder}» não pode ser usada: o disco está cheio.\n",
            self.said(folder),
        )


class RateTests(SynchronousTestCase):
    """The echo's patience."""

    def test_rate(self) -> None:
        """Each name may call some times a minute; others are not concerned, and memory is bounded."""
        rate = Rate()
        self.assertEqual(
            [True] * CALLS_A_MINUTE + [False], [rate.allow("ana", 0) for _ in range(CALLS_A_MINUTE + 1)]
        )
        self.assertTrue(rate.allow("bia", 0))
        self.assertFalse(rate.allow("ana", 59))
        self.assertTrue(rate.allow("ana", 61))
        for number in range(3000):
            rate.allow(str(number), 100)
        self.assertLessEqual(len(rate._calls), 1000)


class TerminalCase(SynchronousTestCase):
    """A script that drives a client in memory."""

    def run_script(self, *words: str) -> Script:
        """Start a command; the registry is the test."""
        self.out, self.err = io.StringIO(), io.StringIO()
        self.world = ClientWorld(Path(self.mktemp()), self.patch)
        options = cli_options.parse(["--servidor", "registro.example", "--nome", "ana", "--confiar", *words])
        clock: Any = self.world.clock
        clock.running = True
        clock.stop = lambda: setattr(clock, "running", False)
        self.script = SCRIPTS[options.comando](clock, options, Console(False, self.out, self.err))
        face: Face = self.script
        self.world.client.session.display._face = face
        self.script.start(self.world.client)
        self.world.turn()
        return self.script

    def online(self, **people: str) -> None:
        """Be registered."""
        self.world.welcome()
        self.world.table(ana="livre", **people)

    def ended(self, status: Status) -> None:
        """The program has ended so."""
        self.world.wait(2)
        self.assertFalse(self.world.clock.running)  # type: ignore[attr-defined]
        self.assertEqual(status, self.script.status, self.err.getvalue())


class PlainScriptTests(TerminalCase):
    """tabela, consultar."""

    def test_table(self) -> None:
        """Everybody who is connected, oneself among them."""
        self.run_script("tabela")
        self.online(bia="ocupado")
        self.ended(Status.OK)
        self.assertEqual("ana  livre\nbia  ocupado\n", self.out.getvalue())

    def test_table_json(self) -> None:
        """One object on stdout, nothing else."""
        self.run_script("tabela", "--json")
        self.online()
        self.ended(Status.OK)
        self.assertEqual([{"nome": "ana", "estado": "livre"}], json.loads(self.out.getvalue()))

    def test_devices(self) -> None:
        """Devices are listed, none is said to be none, and a sound system that fails is a sentence."""
        self.run_script("dispositivos")
        self.ended(Status.OK)
        self.assertEqual("microfone     * mic\nalto-falante  * speaker\n", self.out.getvalue())
        self.patch(FakeSounds, "look", lambda _: succeed(DeviceLists()))
        self.run_script("dispositivos")
        self.ended(Status.OK)
        self.assertEqual("microfone       nenhum\nalto-falante    nenhum\n", self.out.getvalue())
        self.patch(FakeSounds, "look", lambda _: fail(SoundError("PortAudio sumiu")))
        self.run_script("dispositivos")
        self.ended(Status.SOUND)
        self.assertIn("PortAudio sumiu", self.err.getvalue())

    def test_history_and_identity(self) -> None:
        """What needs no server asks none."""
        for words in (("historico",), ("identidade", "mostrar"), ("historico", "--json")):
            self.run_script(*words)
            self.ended(Status.OK)
            self.assertEqual([], self.world.network.connections)
        self.assertEqual([], json.loads(self.out.getvalue()))

    def test_messages_on_stderr(self) -> None:
        """Messages are shown on stderr as they go."""
        self.run_script("tabela")
        self.online()
        self.assertIn("< OLA 0 versao=1", self.err.getvalue())
        self.assertIn("> PEDIDO-REGISTRO 1 nome=ana", self.err.getvalue())

    def test_look_up(self) -> None:
        """Key, words and state of a name."""
        self.run_script("consultar", "bia")
        self.online(bia="livre")
        self.world.answer_look_up("bia")
        self.ended(Status.OK)
        self.assertIn("estado    livre", self.out.getvalue())

    def first_contact(self, typed: str | None) -> None:
        """Ask for the table of a server that nobody knows; a person at the terminal types this."""
        keyboard: list[Any] = []
        self.patch(cli_script, "somebody_there", lambda: typed is not None)
        self.patch(cli_script, "listen", lambda _, said, _closed: keyboard.append(said))
        self.patch(cli_options, "parse", self.without_trust(cli_options.parse))
        self.run_script("tabela")
        if typed is not None:
            keyboard[0](typed)
            self.world.turn()

    @staticmethod
    def without_trust(parse: Any) -> Any:
        """Return a parser that forgets --confiar."""
        return lambda words: parse([word for word in words if word != "--confiar"])

    def test_first_contact(self) -> None:
        """A person at the terminal is asked; «s» goes on, anything else, or nobody there, does not."""
        self.first_contact("s")
        self.online()
        self.ended(Status.OK)
        for typed in ("n", "", None):
            self.first_contact(typed)
            self.ended(Status.FINGERPRINT)
            self.assertEqual(b"", self.world.registry.bytes)

    def test_a_registry_that_goes(self) -> None:
        """A connection that breaks before the answer is an end of its own."""
        self.run_script("consultar", "bia")
        self.online()
        self.world.heard(PedidoConsulta)
        self.world.registry.drop()
        self.world.turn()
        self.ended(Status.SERVER)

    def test_a_broken_pipe(self) -> None:
        """A terminal that went away ends nothing by force."""
        console = Console(False, io.StringIO(), io.StringIO())
        console._out.close()
        console.answer("ninguém lê")

    def test_quiet(self) -> None:
        """--silencioso shows no message."""
        err = io.StringIO()
        Console(True, io.StringIO(), err).message(LogLine(1, 0.0, True, "VIVO", "VIVO 0 t=1"))
        self.assertEqual("", err.getvalue())


class DialScriptTests(TerminalCase):
    """ligar, atender."""

    def test_busy(self) -> None:
        """A refusal is a sentence, a status and, with --json, an object."""
        self.run_script("ligar", "bia", "--json", "--sem-som")
        self.online(bia="ocupado")
        self.world.answer_look_up("bia")
        other = Other(self.world)
        other.invited()
        assert other.callee is not None
        self.world.say(ConviteRejeitado(other.callee.call_id, "ocupado"))
        self.ended(Status.BUSY)
        self.assertIn("sala-cli: bia está em outra chamada.", self.err.getvalue())
        report = json.loads(self.out.getvalue())
        self.assertEqual(("busy", 7, None), (report["fim"], report["estado_de_saida"], report["qualidade"]))

    def test_a_changed_key(self) -> None:
        """Where the key is another one than before, it is said what can be done about it."""
        self.run_script("ligar", "bia", "--sem-som")
        self.world.welcome()
        trust = self.world.client.session.trust
        trust._pins.accept(trust.server, "bia", public_of("antes"))
        self.world.table(ana="livre", bia="livre")
        self.world.answer_look_up("bia")
        self.ended(Status.KEY_CHANGED)
        self.assertIn("aceite a chave nova com «confiar-em bia»", self.err.getvalue())

    def test_refused_with_a_reason(self) -> None:
        """The other side's words are shown behind ours."""
        self.run_script("ligar", "bia", "--sem-som")
        self.online(bia="livre")
        self.world.answer_look_up("bia")
        other = Other(self.world)
        other.invited()
        assert other.callee is not None
        self.world.say(ConviteRejeitado(other.callee.call_id, "recusado", "em reunião"))
        self.ended(Status.REFUSED)
        self.assertIn("sala-cli: bia recusou a chamada: «em reunião».\n", self.err.getvalue())

    def test_without_a_microphone(self) -> None:
        """--sem-som is a conversation with a closed microphone, not with a broken one."""
        self.talk("--duracao", "5")
        self.assertTrue(self.world.voices[-1].switches["mute"])

    def talk(self, *words: str) -> Other:
        """Call «bia» as far as the first packet."""
        self.run_script("ligar", "bia", "--json", "--sem-som", *words)
        self.online(bia="livre")
        self.world.answer_look_up("bia")
        other = Other(self.world)
        other.invited()
        self.world.say(other.acceptance())
        other.opened()
        self.world.voices[-1].listener.talking()
        self.world.turn()
        return other

    def test_a_conversation(self) -> None:
        """After --duracao it hangs up, and the report has the words."""
        other = self.talk("--duracao", "5")
        self.world.wait(6)
        self.ended(Status.OK)
        assert other.secrets is not None
        self.assertEqual(list(other.secrets.words), json.loads(self.out.getvalue())["palavras"])
        self.assertIn(" ".join(other.secrets.words), self.err.getvalue())

    def test_how_it_goes(self) -> None:
        """What was not measured yet is a dash; what is wrong is said, and stands in the report."""
        self.talk("--duracao", "5")
        voice = self.world.voices[-1]
        self.world.wait(2)
        voice.listener.snapshot(Snapshot(seconds=2.0))
        self.world.turn()
        self.assertIn("perda 0,0%  atraso —  ida e volta —  jitter 0 ms\n", self.err.getvalue())
        lossy = Snapshot(
            seconds=3.0, received=Packets(packets=50, loss=0.2), round_trip_ms=40.0, delay_ms=80.0
        )
        voice.figures = replace(lossy, findings=diagnose(lossy), course=diagnose(lossy))
        self.world.wait(1)
        voice.listener.snapshot(voice.figures)
        self.world.turn()
        bad = "som ruim: pacotes se perdem do lado de bia"
        self.assertIn(f"atraso 80 ms  ida e volta 40 ms  jitter 0 ms  {bad}", self.err.getvalue())
        self.world.wait(6)
        self.ended(Status.OK)
        self.assertIn(f"sala-cli: {bad}\n", self.err.getvalue())
        report = json.loads(self.out.getvalue())
        found = {"codigo": "perda-na-chegada", "lado": "rede-deles", "gravidade": "grave"}
        self.assertEqual((1, [found]), (report["qualidade"], report["achados"]))

    def test_ctrl_c(self) -> None:
        """Ctrl-C hangs up, and the conversation ended well."""
        self.talk()
        self.world.wait(1)
        self.script.interrupt()
        self.ended(Status.OK)

    def test_ctrl_c_before(self) -> None:
        """Before a conversation it is an interruption."""
        self.run_script("atender", "--sem-som")
        self.online()
        self.script.interrupt()
        self.ended(Status.INTERRUPTED)

    def test_answering(self) -> None:
        """atender answers the first who calls."""
        self.run_script("atender", "--json", "--sem-som")
        self.online(bia="livre")
        other = Other(self.world)
        self.world.say(other.invitation())
        self.world.answer_look_up("bia")
        self.world.heard(Tocando)
        self.world.say(other.opening())
        voice = self.world.voices[-1]
        voice.listener.talking()
        self.world.wait(2)
        voice.listener.peer_left()
        self.ended(Status.OK)
        self.assertEqual("hung-up-there", json.loads(self.out.getvalue())["fim"])

    def test_nobody_calls(self) -> None:
        """--espera gives up."""
        self.run_script("atender", "--espera", "3", "--sem-som")
        self.online()
        self.world.wait(4)
        self.ended(Status.NO_ANSWER)

    def test_a_name_that_is_none(self) -> None:
        """Nonsense is refused before anything is asked."""
        self.run_script("ligar", "b i a", "--sem-som")
        self.online()
        self.ended(Status.USAGE)


class PromptTests(TerminalCase):
    """sala: typed words."""

    def setUp(self) -> None:
        """Be in the room; the keyboard is the test."""
        self.patch(PromptScript, "start", Script.start)
        self.run_script("sala", "--sem-som")
        from kivy_client.cli_words import Words

        prompt = self.script
        assert isinstance(prompt, PromptScript)
        self.prompt = prompt
        prompt._words = Words(self.world.client, prompt.done)
        self.online(bia="livre", joão="ocupado")

    def type(self, line: str) -> str:
        """Type a line; return what is said."""
        before = len(self.out.getvalue())
        self.prompt.typed(line)
        self.world.turn()
        return self.out.getvalue()[before:].strip()

    def test_who(self) -> None:
        """Everybody, or those whose name has the text in it, without accents."""
        self.assertEqual("bia: livre\n  joão: ocupado", self.type("quem"))
        self.assertEqual("joão: ocupado", self.type("quem joa"))
        self.type("favorito joão")
        self.assertEqual("* joão: ocupado", self.type("quem JO"))

    def test_a_call(self) -> None:
        """Somebody calls, is answered, muted, compared, and hung up on."""
        other = Other(self.world)
        self.world.say(other.invitation())
        self.world.answer_look_up("bia")
        self.assertIn("bia chama", self.out.getvalue())
        self.type("atender")
        self.world.say(other.opening())
        self.world.voices[-1].listener.talking()
        self.world.turn()
        self.assertIn("em conversa com bia; palavras:", self.out.getvalue())
        self.assertEqual("microfone calado", self.type("mudo"))
        self.assertEqual("feito", self.type("volume 3"))
        self.assertEqual("volume de -20 a 20", self.type("volume alto"))
        self.assertEqual("guardado", self.type("conferido"))
        self.assertIn("atraso —; som bom", self.type("como"))
        self.assertIn("conversa com bia encerrada", self.type("desligar"))
        self.assertEqual("recebida: bia, 0 s", self.type("historico"))

    def test_refusing(self) -> None:
        """A refusal carries its words."""
        self.world.say(Other(self.world).invitation())
        self.world.answer_look_up("bia")
        self.type("recusar em reunião")
        self.assertEqual("em reunião", self.world.heard(ConviteRejeitado).motivo)

    def test_presence(self) -> None:
        """Do not disturb, with and without a time."""
        self.assertEqual("não perturbe", self.type("silencio 10"))
        self.assertEqual("nao-perturbe", self.world.heard(Estado).estado)
        self.assertEqual("quantos minutos?", self.type("silencio já"))
        self.assertEqual("livre", self.type("livre"))

    def test_when_free(self) -> None:
        """«avisar» says so when it is so."""
        self.assertEqual("avisarei", self.type("avisar joão"))
        self.world.say(TabelaMudou(11, "joão", "livre", public_of("joão")))
        self.assertIn("joão está livre", self.out.getvalue())

    def test_nothing_to_do(self) -> None:
        """What makes no sense now is said, and unknown words get help."""
        for line, said in (
            ("atender", "ninguém está chamando"),
            ("desligar", "não há chamada"),
            ("como", "não há chamada"),
            ("chave bia", "não há chave nova desse nome"),
            ("ligar ana", "esse nome é o seu"),
            ("", ""),
        ):
            self.assertEqual(said, self.type(line))
        self.assertEqual("«socorro» não é um comando; «ajuda» mostra todos", self.type("socorro"))
        self.assertIn("sair: encerra o programa", self.type("ajuda"))
        for word in sorted(NAMED):
            self.assertEqual("esse não é um nome", self.type(word))
            self.assertEqual("esse não é um nome", self.type(f"{word} a b"))
        for minutes in ("²", "9" * 400, "-1"):
            self.assertEqual("quantos minutos?", self.type(f"silencio {minutes}"))

    def test_a_changed_key(self) -> None:
        """A changed key is shouted, with both fingerprints."""
        self.type("ligar bia")
        self.world.answer_look_up("bia")
        self.type("desligar")
        self.type("ligar bia")
        self.world.answer_look_up("bia", public_of("outra"))
        self.assertIn("ATENÇÃO: a chave de bia mudou.", self.out.getvalue())
        self.assertEqual("chave nova aceita", self.type("chave bia"))

    def test_leaving(self) -> None:
        """sair ends the program well; so does Ctrl-C without a call."""
        self.type("sair")
        self.ended(Status.OK)
