"""Looking over a running registry from outside, as a client reaches it: TLS, greeting, UDP, clock."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registro.operations.checkup import Finding, bad, doubtful, good
from registro.wire import codec
from registro.wire.address import ServerAddress, fingerprint, grouped
from registro.wire.limits import LINE, VERSION
from registro.wire.messages import Ola

PATIENCE = 5.0
UDP_TRIES = 3
CLOCK_MOST = 60.0
"""Seconds that a clock may be wrong before it is said; at 120 calls are refused (protocol section 5)."""

_COOKIE = bytes.fromhex("2112a442")
_BINDING, _ALLOCATE = 0x0001, 0x0003
_MAPPED, _NONCE, _TRANSPORT_UDP = 0x0020, 0x0015, bytes.fromhex("0019000411000000")
_PLAUSIBLE = 10 * 365 * 86400


class HandshakeTimeout(OSError):  # noqa: N818 - it is a kind of TimeoutError
    """Somebody took the connection and did not go on with TLS."""


def check_server(address: ServerAddress, wall: Callable[[], float] = time.time) -> list[Finding]:
    """Look a registry over; asks it for a greeting, a mapped address and a challenge, and nothing else."""
    findings = list(_tls(address))
    findings += _old_tls(address)
    findings += _udp(address, wall)
    return findings


def _tls(address: ServerAddress) -> Iterator[Finding]:
    try:
        with _connect(address, _context(address, ssl.TLSVersion.TLSv1_3)) as line:
            certificate = line.getpeercert(binary_form=True) or b""
            greeting = _first_line(line)
    except ssl.SSLCertVerificationError as error:
        yield bad(f"O certificado não convence: {error.verify_message}.")
    except (ssl.SSLError, HandshakeTimeout) as error:
        yield bad(f"O aperto de mãos TLS falhou ({error}): é mesmo um registro que responde ali?")
    except OSError as error:
        yield bad(f"Não se chega à porta TCP {address.port} de {address.host}: {error}.")
    else:
        yield good(f"A porta TCP {address.port} responde com TLS 1.3.")
        yield from _pin(address, certificate)
        yield from _greeting(greeting)


def _pin(address: ServerAddress, certificate: bytes) -> Iterator[Finding]:
    found = _fingerprint(certificate)
    if address.fingerprint is None:
        yield good(f"A impressão digital é {grouped(found)}.")
    elif found == address.fingerprint:
        yield good("A impressão digital é a do endereço.")
    else:
        yield bad(f"A impressão digital é outra, {grouped(found)}: não é o registro do endereço.")


def _greeting(line: bytes) -> Iterator[Finding]:
    try:
        ola = codec.parse(line, codec.FROM_REGISTRY).message
    except codec.WireError as error:
        yield bad(f"A primeira linha não é de um registro: {error}.")
        return
    if isinstance(ola, Ola) and ola.versao == VERSION:
        yield good(f"O registro se apresenta como {ola.servidor}.")
    else:
        yield bad("O registro fala outra versão do protocolo.")


def _old_tls(address: ServerAddress) -> Iterator[Finding]:
    """Try TLS 1.2, which is to be refused."""
    context = _context(address, ssl.TLSVersion.TLSv1_2)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        with _connect(address, context):
            yield bad("O servidor aceita TLS 1.2; um registro só aceita TLS 1.3.")
    except OSError:
        # Refused, as it should be; and a port that cannot be reached was reported already.
        return


def _udp(address: ServerAddress, wall: Callable[[], float]) -> Iterator[Finding]:
    mapped = _ask(address, _BINDING, b"")
    if mapped is None:
        yield bad(f"A porta UDP {address.port} não responde: sem ela não há relé; veja o firewall.")
        return
    yield good(f"A porta UDP {address.port} responde (STUN).")
    asked = wall()
    challenge = _ask(address, _ALLOCATE, _TRANSPORT_UDP)
    nonce = None if challenge is None else _attribute(challenge, _NONCE)
    if nonce is None:
        yield doubtful("O relé não desafia quem pede uma perna: está desligado?")
        return
    yield from _clock(nonce, asked, wall())


def _clock(nonce: bytes, before: float, after: float) -> Iterator[Finding]:
    """The built-in relay's nonce begins with the time (4 bytes of Unix seconds), which tells its clock."""
    try:
        made = int.from_bytes(base64.urlsafe_b64decode(nonce)[:4], "big")
    except ValueError:
        return
    wrong = max(before - made - 1, made - after, 0.0)
    if wrong > _PLAUSIBLE:
        return  # another relay's nonce, which says nothing
    if wrong > CLOCK_MOST:
        yield bad(f"O relógio do registro e o desta máquina diferem {wrong:.0f} s: acerte o que está errado.")
    else:
        yield good("O relógio do registro e o desta máquina concordam.")


def _ask(address: ServerAddress, method: int, attributes: bytes) -> bytes | None:
    """Send a STUN request, again when nothing comes, and give the attributes of its answer."""
    transaction = os.urandom(12)
    request = (
        method.to_bytes(2, "big") + len(attributes).to_bytes(2, "big") + _COOKIE + transaction + attributes
    )
    try:
        family, _, _, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.settimeout(PATIENCE / UDP_TRIES)
            line.connect(place)
            for _ in range(UDP_TRIES):
                line.send(request)
                answer = _receive(line, transaction)
                if answer is not None:
                    return answer
    except OSError:
        return None
    return None


def _receive(line: socket.socket, transaction: bytes) -> bytes | None:
    try:
        data = line.recv(2048)
    except TimeoutError:
        return None
    return data[20:] if data[4:8] == _COOKIE and data[8:20] == transaction else None


def _attribute(attributes: bytes, wanted: int) -> bytes | None:
    """Find an attribute (RFC 8489, section 14)."""
    while len(attributes) >= 4:
        kind, size = int.from_bytes(attributes[:2], "big"), int.from_bytes(attributes[2:4], "big")
        if kind == wanted:
            return attributes[4 : 4 + size]
        attributes = attributes[4 + size + (-size % 4) :]
    return None


def _context(address: ServerAddress, least: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not address.ca:
        # The fingerprint is what is trusted, and it is compared before anything is believed.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.minimum_version = least
    return context


def _connect(address: ServerAddress, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection((address.host, address.port), timeout=PATIENCE)
    try:
        return context.wrap_socket(plain, server_hostname=address.host)
    except TimeoutError as error:
        plain.close()
        raise HandshakeTimeout("sem resposta") from error
    except OSError:
        plain.close()
        raise


def _first_line(line: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\n" not in data and len(data) < LINE:
        more = line.recv(LINE)
        if not more:
            break
        data += more
    return data.partition(b"\n")[0] + b"\n"


def _fingerprint(certificate: bytes) -> str:
    key = x509.load_der_x509_certificate(certificate).public_key()
    return fingerprint(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
