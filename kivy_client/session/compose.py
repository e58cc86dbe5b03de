"""The composition root of the client without a face: real sockets, real devices, real time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_state_path
from twisted.internet.threads import deferToThread

from kivy_client.session.boundary import Face
from kivy_client.session.controller import Controller
from kivy_client.session.identity import FILE, BrokenIdentityError, Identity, load_or_make, make_anew
from kivy_client.session.later import LaterEngine, LaterRinger, LaterSounds
from kivy_client.session.probe import udp_probe
from kivy_client.session.registry_client import hostname_endpoints
from kivy_client.session.ringer import Ringer
from kivy_client.session.session import Outside, Session
from kivy_client.session.sounds import SoundSystem
from kivy_client.session.voice import Voice, VoiceListener, VoiceMaker, VoiceRequest
from voz.net import PathPolicy
from voz.path.network import SystemNetwork

SOUNDS = Path(__file__).parents[1] / "assets" / "sounds"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a command line decides. None stands for what this machine has.

    `anew`: a broken identity is set aside and told, for somebody who is there to read it.
    """

    folder: Path | None = None
    sounds: SoundSystem | None = None
    ringer: Ringer | None = None
    policy: PathPolicy = PathPolicy.AUTO
    anew: bool = False


def default_folder() -> Path:
    """Return where this person's files are when nobody says otherwise."""
    return user_state_path("sala-de-conversa", appauthor=False) / "cliente"


def conversations(reactor: Any, sounds: SoundSystem) -> Callable[[Session], VoiceMaker]:
    """Return what makes the voices of a session's calls."""

    def of(session: Session) -> VoiceMaker:
        def make(request: VoiceRequest, listener: VoiceListener) -> Voice:
            from voz.session import Conversation

            return Conversation(
                reactor,
                role=request.role,
                call_id=request.call_id,
                sound=sounds.setup(session.settings.settings, request),
                listener=listener,
                policy=request.policy,
                loopback_allowed=request.loopback_allowed,
            )

        return make

    return of


def build(reactor: Any, face: Face, choices: Choices | None = None) -> Controller:
    """Return a client that has read its files and waits for commands; raises BrokenIdentityError, OSError."""
    choices = choices or Choices()
    folder = choices.folder or default_folder()
    identity, aside = identity_of(folder / FILE, choices.anew)
    sounds = choices.sounds or LaterSounds(lambda: machine_sounds(reactor))

    def ringer(session: Session) -> Ringer:
        return choices.ringer or LaterRinger(lambda: machine_ringer(reactor, session))

    outside = Outside(
        clock=reactor,
        wall=time.time,
        in_thread=deferToThread,
        folder=folder,
        identity=identity,
        endpoints=hostname_endpoints(reactor),
        voices=conversations(reactor, sounds),
        sounds=sounds,
        ringer=ringer,
        probe=udp_probe(reactor, reactor),
        surroundings=SystemNetwork(reactor),
        policy=choices.policy,
        ready=LaterEngine(deferToThread, preload).ready,
    )
    controller = Controller(Session(outside, face))
    if aside is not None:
        controller.bereave(aside.name)
    return controller


def preload() -> None:
    """Load what calls need; in whatever thread."""
    from kivy_client.session import preload as engine

    engine.preload()


def machine_sounds(reactor: Any) -> SoundSystem:
    """Return the sound of this machine; loads the voice engine."""
    from kivy_client.session.machine_sounds import MachineSounds

    return MachineSounds(reactor)


def machine_ringer(reactor: Any, session: Session) -> Ringer:
    """Return what rings on this machine; loads the voice engine."""
    from kivy_client.session.machine_ringer import MachineRinger

    return MachineRinger(reactor, SOUNDS, lambda: session.settings.settings)


def identity_of(path: Path, anew: bool) -> tuple[Identity, Path | None]:
    """Return who the person is, and where a broken file was set aside; raises IdentityError, OSError."""
    try:
        return load_or_make(path), None
    except BrokenIdentityError:
        if not anew:
            raise
        return make_anew(path)
