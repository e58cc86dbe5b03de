"""The composition root of the registry: what it is made of, once, in one place."""

from __future__ import annotations

import datetime
import gc
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from registro.admission import Admission
from registro.children.echo_process import EchoProcess
from registro.config import Config, give_up
from registro.daemon import Daemon
from registro.directory import Directory
from registro.edge.listen import Doors, plain_kind, secure_kind
from registro.edge.tls import (
    Certificate,
    CertificateError,
    ConnectionCreator,
    make_private,
    own_certificate,
    read_certificate,
    server_context,
)
from registro.identity import Identity
from registro.journal import Journal
from registro.notify import notifier
from registro.office import REV_AHEAD, Office
from registro.operations.faults import Faults
from registro.operations.house import DaemonHouse
from registro.operations.overseer import Overseer
from registro.panel.service import PanelService, PanelSetup
from registro.panel.where import PanelPlace
from registro.printer import Printer, RotatedFile
from registro.relays import RELAY_SECRET, Relays
from registro.server import Server
from registro.storage.database import FILE
from registro.storage.interface import StorageError
from registro.storage.sqlite import SQLiteStore
from registro.storage.threaded import ThreadedStore
from registro.wire.address import ServerAddress

_log = Logger("registro")


def make_daemon(reactor: Any, config: Config) -> Daemon:
    """Build the daemon; what cannot be read or written is one sentence and exit status 1."""
    try:
        return _build(reactor, config)
    except (CertificateError, StorageError) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename or config.state} não pôde ser usado ({error.strerror})")


def _build(reactor: Any, config: Config) -> Daemon:
    config.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    allow_many_connections()
    calm_collector()
    certificate = _certificate(config)
    store = _store(reactor, config)
    stored = store.load(int(time.time()))
    rev = max(int(time.time() * 1000), stored.ceiling)
    store.reserve(rev + REV_AHEAD)
    office = Office(
        clock=reactor,
        wall=time.time,
        store=store,
        directory=Directory(rev, reveal=config.reveal),
        identity=Identity(store, stored, time.time, config.invitation),
        admission=Admission(config.limits, config.bursts, config.limit_loopback),
        relays=Relays(_relay_secret(config), config.port, config.public_name, config.relay),
        missed=set(stored.missed),
        ceiling=rev + REV_AHEAD,
        report=lambda sentence: _log.warn("{sentence}", sentence=sentence),
    )
    journal = Journal(reactor, time.time)
    office.joined = journal.table_changed
    journal.table = lambda: [(e.nome, e.host, e.port, e.estado) for e in office.directory.rows()]
    server = Server(office, journal)
    printers = _printers(config)
    journal.screens.extend(printers)
    doors = Doors(
        secure_kind(reactor, server, server_context(certificate), config.direct_write),
        plain_kind(reactor, server, config.direct_write),
    )
    overseer = Overseer(server)
    daemon = Daemon(reactor, config, office, server, journal, overseer, certificate, doors, printers, say)
    _furnish(reactor, daemon)
    return daemon


def _store(reactor: Any, config: Config) -> ThreadedStore:
    """Open the registry's data; redis is loaded only where it is asked for, because not everybody has it."""
    if config.store is None:
        return SQLiteStore(reactor, config.state / FILE)
    try:
        from registro.storage.redis import RedisStore
    except ImportError:
        raise StorageError("falta o pacote redis: pip install 'sala-de-conversa[cluster]'") from None
    return RedisStore(reactor, config.store)


def _furnish(reactor: Any, daemon: Daemon) -> None:
    """Add what the operator and the service manager see of it."""
    config, faults = daemon.config, Faults()
    daemon.companions.append(faults)
    daemon.notifier = notifier(reactor)
    if config.echo:
        daemon.companions.append(_echo(reactor, daemon))
    if config.panel is None:
        return
    certificate = _panel_certificate(config.panel, daemon.certificate)
    setup = PanelSetup(
        config.panel,
        config.state,
        [config.public_name] if config.public_name else [],
        lambda: ConnectionCreator(server_context(certificate)),
        say,
    )
    daemon.companions.append(PanelService(reactor, reactor, DaemonHouse(daemon, faults), setup))


def _echo(reactor: Any, daemon: Daemon) -> EchoProcess:
    """Return the user «eco», who reaches the daemon on this machine."""
    config = daemon.config
    host = "127.0.0.1" if config.interface in ("::", "0.0.0.0") else config.interface  # noqa: S104 - only compared

    def address() -> ServerAddress:
        return ServerAddress(host, daemon.number, daemon.certificate.fingerprint)

    return EchoProcess(reactor, address, config.state / "eco", config.invitation, daemon.office.report)


def _panel_certificate(place: PanelPlace, own: Certificate) -> Certificate:
    """Return the certificate that the panel was given, else the registry's own."""
    if place.key is None or place.certificate is None:
        return own
    return read_certificate(place.certificate, place.key)


def _certificate(config: Config) -> Certificate:
    if config.certificate is not None and config.key is not None:
        return read_certificate(config.certificate, config.key)
    return own_certificate(config.state, datetime.datetime.now(datetime.UTC))


def _relay_secret(config: Config) -> bytes:
    """Return the secret shared with the relay; the built-in one's outlives a restart, as calls do."""
    if config.relay_secret is not None:
        return config.relay_secret
    path = config.state / RELAY_SECRET
    if not path.exists():
        make_private(path, os.urandom(32))
    return Path(path).read_bytes()


def _printers(config: Config) -> list[Printer]:
    printers = [] if config.silent else [Printer(_screen)]
    if config.diary is not None:
        file = RotatedFile(config.diary)
        printers.append(Printer(file, file.close))
    return printers


def _screen(text: str) -> None:
    """Write to the true standard output: under twistd, `sys.stdout` makes a log event of every line."""
    screen = sys.__stdout__ or sys.stdout
    screen.write(text)
    screen.flush()


def say(sentence: str) -> None:
    """Print one line for the operator at once."""
    _screen(sentence + "\n")


def calm_collector() -> None:
    """Walk what is there for good no more, and look for garbage rarely: cycles are few, live objects many."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def allow_many_connections() -> None:
    """Raise the number of files that this process may have open to what the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
