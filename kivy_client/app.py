"""The window: `sala [LINK] [--estado PASTA] [--nome NOME] [--servidor ENDEREÇO] [--janela LxA]`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy_client.cli_language import Parser, speak_portuguese
from kivy_client.pace import Pacer
from kivy_client.screens.window import configure

if TYPE_CHECKING:
    from kivy_client.screens.application import Link
    from kivy_client.session.boundary import Commands, Face
    from kivy_client.session.controller import Controller

NO_SCREEN = "sala: não há tela aqui; no terminal use sala-cli."


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    speak_portuguese()
    parser = Parser(prog="sala", description="Sala de Conversa: a janela.")
    parser.add_argument("link", nargs="?", default="", help="link sala:// de um servidor")
    parser.add_argument(
        "--estado", type=Path, default=None, help="pasta do estado (identidade, contatos, ajustes)"
    )
    parser.add_argument("--nome", default="", help="o nome com que entrar")
    parser.add_argument("--servidor", default="", help="o servidor: host, host:porta ou link sala://")
    parser.add_argument("--janela", type=_size, default=(1100, 740), metavar="LxA", help="tamanho da janela")
    return parser.parse_args(arguments)


def _size(text: str) -> tuple[int, int]:
    """A window's size as `1100x740`, at least 320 x 480."""
    try:
        width, height = (int(side) for side in text.split("x"))
    except ValueError:
        width = height = 0
    if not (320 <= width <= 10000 and 480 <= height <= 10000):
        raise argparse.ArgumentTypeError(f"«{text}» não é um tamanho de janela, como 1100x740")
    return width, height


def has_screen(environment: dict[str, str]) -> bool:
    """Whether a window can be opened at all: on X11 and Wayland somebody must offer a display."""
    if sys.platform in ("win32", "darwin") or hasattr(sys, "getandroidapilevel"):
        return True
    return any(environment.get(key) for key in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    asked = parse(arguments)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while the window loads, Ctrl-C ends it without a word
    if not has_screen(dict(os.environ)):
        print(NO_SCREEN, file=sys.stderr)  # noqa: T201 - said to the person who started it
        return 2
    configure(*asked.janela)
    from kivy.core.window import Window

    if Window is None:
        print(NO_SCREEN, file=sys.stderr)  # noqa: T201 - said to the person who started it
        return 2
    return run(asked)


def client_builder(reactor: Any, asked: argparse.Namespace) -> Callable[[Face], Commands]:
    """What makes the client in the reactor's thread; its imports wait until the first picture is there."""

    def make(face: Face) -> Commands:
        from kivy_client.session.compose import Choices, build

        controller = build(reactor, face, Choices(folder=asked.estado, anew=True))
        if not controller.bereft:
            begin(controller, asked)
        return controller.commands

    return make


def begin(controller: Controller, asked: argparse.Namespace) -> None:
    """Connect where the command line says, else where one was last; a missing name is asked for by the
    window.
    """
    server = asked.link or asked.servidor
    if server and asked.nome:
        controller.connect(server, asked.nome)
    elif server:
        controller.open_link(server)
    else:
        controller.begin()


def run(asked: argparse.Namespace) -> int:
    """The composition root of the window: platform, pace, application, then the bridge."""
    from kivy.clock import Clock

    from kivy_client.platforms.facade import choose
    from kivy_client.screens.application import SalaApp

    def bridge() -> Link:
        from twisted.internet import reactor

        from kivy_client.bridge import Bridge

        return Bridge(reactor, client_builder(reactor, asked), app, post, app.failed)

    def post(task: Callable[[], None]) -> None:
        Clock.schedule_once(lambda _dt: task())

    pacer = Pacer(lambda rate: setattr(Clock, "_max_fps", float(rate)))  # Kivy has no public way to change it
    app = SalaApp(choose(), pacer, time.time, bridge, (asked.link or asked.servidor, asked.nome))
    # Closing the window is the one way out: the call is hung up and every thread ends before we return.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: Clock.schedule_once(lambda _dt: app.stop()))
    app.run()
    return app.exit_code


if __name__ == "__main__":
    sys.exit(main())
