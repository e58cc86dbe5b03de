"""The command line of `sala-cli`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from kivy_client.cli_language import Parser, speak_portuguese
from voz.net import PathPolicy

DESCRIPTION = "Sala de Conversa no terminal: chamadas de voz cifradas, sem janela."
EPILOG = (
    "Estados de saída: 0 terminou bem; 1 não foi possível; 2 uso; 3 servidor; 4 impressão digital; "
    "5 registro; 6 não existe; 7 ocupado; 8 recusada; 9 não atende; 10 ausente; 11 não perturbe; "
    "12 desistiu; 13 ligação perdida; 14 sem caminho; 15 a chave mudou; 16 falsa; 17 relógios; 18 som; "
    "19 limite; 130 interrompido."
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    speak_portuguese()
    root = Parser(prog="sala-cli", description=DESCRIPTION, epilog=EPILOG)
    root.add_argument(
        "--servidor", default="", metavar="ENDEREÇO", help="HOST, HOST:PORTA ou sala://HOST:PORTA/#IMPRESSÃO"
    )
    root.add_argument(
        "--estado",
        type=Path,
        default=None,
        metavar="PASTA",
        help="onde ficam a identidade, os contatos e o histórico",
    )
    root.add_argument("--nome", default="", help="o nome com que se registrar")
    root.add_argument(
        "--convite", type=Path, default=None, metavar="ARQUIVO", help="arquivo com o convite do operador"
    )
    root.add_argument("--confiar", action="store_true", help="aceita a impressão digital de um servidor novo")
    root.add_argument("--silencioso", action="store_true", help="não mostra as mensagens em stderr")
    root.add_argument("--json", action="store_true", help="um objeto JSON no fim, em stdout")
    commands = root.add_subparsers(dest="comando", required=True, metavar="COMANDO")
    _plain_commands(commands)
    _call_commands(commands)
    _other_commands(commands)
    return root


Commands = argparse._SubParsersAction  # the only name that argparse has for it


def _json(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Let `--json` stand after the command too."""
    command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return command


def _plain_commands(commands: "Commands[Parser]") -> None:
    _json(commands.add_parser("tabela", help="mostra quem está conectado"))
    look_up = _json(commands.add_parser("consultar", help="mostra a chave e o estado de um nome"))
    look_up.add_argument("alvo", metavar="NOME")


def _call_commands(commands: "Commands[Parser]") -> None:
    dial = _json(commands.add_parser("ligar", help="chama um nome e conversa"))
    dial.add_argument("alvo", metavar="NOME")
    _sound_options(dial)
    answer = _json(commands.add_parser("atender", help="espera uma chamada e a atende"))
    _sound_options(answer)
    answer.add_argument("--espera", type=_seconds, default=None, metavar="S", help="desiste depois de S s")
    room = commands.add_parser("sala", help="fica conectado e obedece a comandos digitados")
    _sound_options(room)
    echo = commands.add_parser("eco", help="atende a todos e devolve a voz um segundo depois")
    _path_option(echo)
    echo.add_argument(
        "--ate-fim-da-entrada", action="store_true", dest="ate_fim", help="termina quando a entrada termina"
    )


def _sound_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--entrada", type=Path, metavar="F.wav", help="fala este arquivo em vez do microfone"
    )
    command.add_argument("--repetir", action="store_true", help="repete --entrada sem parar")
    command.add_argument("--saida", type=Path, metavar="F.wav", help="grava o que se ouve neste arquivo")
    command.add_argument(
        "--microfone", default="", metavar="DISPOSITIVO", help="um dos que «dispositivos» mostra"
    )
    command.add_argument(
        "--alto-falante",
        default="",
        metavar="DISPOSITIVO",
        dest="alto_falante",
        help="um dos que «dispositivos» mostra",
    )
    command.add_argument(
        "--sem-som", action="store_true", dest="sem_som", help="nem microfone nem alto-falante"
    )
    command.add_argument("--duracao", type=_seconds, default=None, metavar="S", help="desliga depois de S s")
    _path_option(command)


def _path_option(command: argparse.ArgumentParser) -> None:
    policies = [policy.value for policy in PathPolicy]
    command.add_argument("--caminho", choices=policies, default=PathPolicy.AUTO.value, help="caminho da voz")


def _other_commands(commands: "Commands[Parser]") -> None:
    _json(commands.add_parser("historico", help="mostra as chamadas passadas"))
    _json(commands.add_parser("dispositivos", help="mostra microfones e alto-falantes"))
    identity = commands.add_parser("identidade", help="mostra, exporta ou importa a sua chave")
    actions = identity.add_subparsers(dest="acao", required=True, metavar="mostrar|exportar|importar")
    _json(actions.add_parser("mostrar", help="mostra a impressão digital da chave e as suas palavras"))
    for name, help_text in (
        ("exportar", "guarda a chave num arquivo novo"),
        ("importar", "usa a de um arquivo"),
    ):
        source = "a senha é lida do terminal ou da primeira linha da entrada"
        action = actions.add_parser(name, help=help_text, description=f"{name}: {help_text}; {source}.")
        action.add_argument("arquivo", type=Path, metavar="ARQUIVO")
    trust = commands.add_parser("confiar-em", help="aceita a chave nova de um nome, depois de conferida")
    trust.add_argument("alvo", metavar="NOME")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 7 * 86400:
        raise argparse.ArgumentTypeError(f"«{text}» não é um tempo em segundos")
    return seconds


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; what is wrong is one sentence and exit status 2."""
    return parser().parse_args(arguments)
