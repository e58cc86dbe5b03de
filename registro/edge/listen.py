"""Finding and binding the places where the registry is reached."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from OpenSSL import SSL
from twisted.internet.error import CannotListenError

from registro.edge.direct import DirectPort, Port, fits
from registro.edge.secure import SecurePort
from registro.edge.tls import ConnectionCreator
from registro.server import RegistryFactory, SecureFactory, Server

BACKLOG = 4096
_TRIES = 50
_RELAY_BUFFER = 4 * 1024 * 1024


class ListenError(Exception):
    """Não foi possível escutar: `place` diz onde (protocolo, porta e endereço), `reason` por quê."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place} não pôde ser aberto ({reason})")
        self.place, self.reason = place, reason


def has_ipv6() -> bool:
    """Say whether this machine can listen on `::`."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def dual_stack(interface: str) -> str:
    """Return the address to listen on: `::` becomes 0.0.0.0 where there is no IPv6."""
    return "0.0.0.0" if interface == "::" and not has_ipv6() else interface  # noqa: S104 - it is asked for


def udp_socket(interface: str, port: int) -> socket.socket:
    """Bind the relay's socket: dual stack on `::`, with room for what comes while the process is busy."""
    family = socket.AF_INET6 if ":" in interface else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if interface == "::" else 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RELAY_BUFFER)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _RELAY_BUFFER)
        made.setblocking(False)
        made.bind((interface, port))
    except OSError as error:
        made.close()
        raise ListenError(f"UDP {port} {interface}", str(error.strerror)) from error
    return made


Kind = Callable[[int, str], Port]
"""Makes a port, which does not listen yet, of a number and an address."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The two kinds of ports that a registry has."""

    secure: Kind
    plain: Kind


def plain_kind(reactor: Any, server: Server, direct: bool) -> Kind:
    """Return what makes plain ports; `direct` writes answers at once where this Twisted allows it."""
    factory = RegistryFactory(server, local=True)
    kind = DirectPort if direct and fits() else Port
    return lambda number, interface: kind(number, factory, BACKLOG, interface, reactor)


def secure_kind(reactor: Any, server: Server, context: SSL.Context, direct: bool) -> Kind:
    """Return what makes TLS ports: OpenSSL on the socket where this Twisted allows it, else Twisted's TLS."""
    if direct and fits():
        factory = RegistryFactory(server, local=False)
        return lambda number, interface: SecurePort(context, number, factory, BACKLOG, interface, reactor)
    inner = RegistryFactory(server, local=False, half_closes=False)
    wrapped = SecureFactory(ConnectionCreator(context), False, inner)
    return lambda number, interface: Port(number, wrapped, BACKLOG, interface, reactor)


def tcp_port(kind: Kind, interface: str, number: int) -> Port:
    """Listen, with the long backlog; raise ListenError if the place is taken."""
    made = kind(number, interface)
    try:
        made.startListening()
    except CannotListenError as error:
        reason = getattr(error.socketError, "strerror", None) or error.socketError
        raise ListenError(f"TCP {number} {interface}", str(reason)) from error
    return made


def same_port(kind: Kind, interface: str, number: int) -> tuple[Port, socket.socket]:
    """Listen on one number for TCP and UDP; 0 tries until both are free."""
    for last in reversed(range(_TRIES if number == 0 else 1)):
        tcp = tcp_port(kind, interface, number)
        try:
            return tcp, udp_socket(interface, tcp.number)
        except ListenError:
            stop: Callable[[], Any] = tcp.stopListening
            stop()
            if last == 0:
                raise
    raise ListenError(f"TCP + UDP {number} {interface}", "não há porta livre")
