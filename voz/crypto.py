"""SRTP and SRTCP with AES_CM_128_HMAC_SHA1_80 (RFC 3711), both directions of one source; pure.

A `Sealer` protects what one SSRC sends, an `Opener` undoes it. An opener believes nothing before the tag
was checked: a packet that is altered, replayed, too old, of another source or no packet raises a subclass
of `SecurityError` and changes no state.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from voz.packet import PacketError, rtp_header_length

TAG: int = 10
"""Bytes of authentication tag."""
REPLAY_WINDOW: int = 1024
"""How many packets behind the newest one a packet may arrive (RFC 3711 section 3.3.2 asks for 64 at
least)."""
MAX_RTCP_INDEX: int = (1 << 31) - 1
_RTP_LABELS, _RTCP_LABELS = (0, 1, 2), (3, 4, 5)


class SecurityError(Exception):
    """A packet was refused; the subclass says why and is what the caller counts."""


class MalformedError(SecurityError):
    """The datagram is too short or no packet at all."""


class ForeignError(SecurityError):
    """The packet belongs to another source than the one that was agreed on."""


class AlteredError(SecurityError):
    """The authentication tag is wrong: altered on the way, or made without the key."""


class ReplayedError(SecurityError):
    """The packet was received before, or is too old to tell."""


class KeyExhaustedError(SecurityError):
    """The key has protected as many packets as it may (RFC 3711 section 9.2)."""


class _Keys:
    """The session keys for one direction and one kind of packet, derived once (RFC 3711 section 4.3)."""

    __slots__ = ("_aes", "_auth", "_salt")

    def __init__(self, master_key: bytes, master_salt: bytes, labels: tuple[int, int, int]) -> None:
        cipher, auth, salt = labels
        self._aes = algorithms.AES(_derive(master_key, master_salt, cipher, 16))
        self._auth = _derive(master_key, master_salt, auth, 20)
        self._salt = int.from_bytes(_derive(master_key, master_salt, salt, 14)) << 16

    def crypt(self, ssrc: int, index: int, data: bytes) -> bytes:
        """Encrypt or decrypt `data`; the same operation (section 4.1.1)."""
        counter = self._salt ^ (ssrc << 64) ^ (index << 16)
        stream = Cipher(self._aes, modes.CTR(counter.to_bytes(16))).encryptor()
        return stream.update(data)

    def tag(self, covered: bytes) -> bytes:
        """The tag over `covered`."""
        return hmac.digest(self._auth, covered, "sha1")[:TAG]

    def check(self, covered: bytes, tag: bytes) -> None:
        """Raise AlteredError unless `tag` belongs to `covered`; takes the same time either way."""
        if not hmac.compare_digest(self.tag(covered), tag):
            raise AlteredError("the authentication tag is wrong")


class _Replay:
    """The packets seen, as a sliding window of bits below the highest index."""

    __slots__ = ("_seen", "highest")

    def __init__(self) -> None:
        self.highest = -1
        self._seen = 0

    def check(self, index: int) -> None:
        """Raise ReplayedError if `index` was seen or lies behind the window."""
        behind = self.highest - index
        if behind >= REPLAY_WINDOW:
            raise ReplayedError(f"{behind} packets behind the newest")
        if behind >= 0 and self._seen >> behind & 1:
            raise ReplayedError("received before")

    def add(self, index: int) -> None:
        """Remember `index`, which has authenticated."""
        ahead = index - self.highest
        if ahead > 0:
            kept = self._seen << ahead if ahead < REPLAY_WINDOW else 0
            self._seen = kept & ((1 << REPLAY_WINDOW) - 1) | 1
            self.highest = index
        else:
            self._seen |= 1 << -ahead


class Sealer:
    """Protects what one source sends; `master_key` 16 bytes, `master_salt` 14, `ssrc` 32 bits."""

    def __init__(self, master_key: bytes, master_salt: bytes, ssrc: int) -> None:
        _check_lengths(master_key, master_salt)
        self._ssrc = ssrc
        self._rtp = _Keys(master_key, master_salt, _RTP_LABELS)
        self._rtcp = _Keys(master_key, master_salt, _RTCP_LABELS)
        self._highest = -1
        self._rtcp_index = 0

    def seal_rtp(self, packet: bytes) -> bytes:
        """The SRTP packet of an RTP packet (section 3.1); sequence numbers are expected to go on from the
        last one."""
        header = _header_of(packet, self._ssrc)
        index = _guess_index(self._highest, int.from_bytes(packet[2:4]))
        if index >= 1 << 48:
            raise KeyExhaustedError("2^48 packets under one key")
        self._highest = max(self._highest, index)
        sealed = packet[:header] + self._rtp.crypt(self._ssrc, index, packet[header:])
        return sealed + self._rtp.tag(sealed + (index >> 16).to_bytes(4))

    def seal_rtcp(self, packet: bytes) -> bytes:
        """The SRTCP packet of a compound RTCP packet (section 3.4), encrypted, with the next index."""
        if len(packet) < 8 or int.from_bytes(packet[4:8]) != self._ssrc:
            raise ForeignError("RTCP of another source, or none")
        if self._rtcp_index > MAX_RTCP_INDEX:
            raise KeyExhaustedError("2^31 RTCP packets under one key")
        index = self._rtcp_index
        self._rtcp_index += 1
        sealed = packet[:8] + self._rtcp.crypt(self._ssrc, index, packet[8:]) + (1 << 31 | index).to_bytes(4)
        return sealed + self._rtcp.tag(sealed)


class Opener:
    """Opens what one source sends; the same arguments as the sealer at the other end."""

    def __init__(self, master_key: bytes, master_salt: bytes, ssrc: int) -> None:
        _check_lengths(master_key, master_salt)
        self._ssrc = ssrc
        self._rtp = _Keys(master_key, master_salt, _RTP_LABELS)
        self._rtcp = _Keys(master_key, master_salt, _RTCP_LABELS)
        self._rtp_seen = _Replay()
        self._rtcp_seen = _Replay()

    def open_rtp(self, packet: bytes) -> bytes:
        """The RTP packet inside; SecurityError and no change of state if it does not authenticate."""
        if len(packet) < 12 + TAG:
            raise MalformedError(f"an SRTP packet of {len(packet)} bytes")
        body, tag = packet[:-TAG], packet[-TAG:]
        header = _header_of(body, self._ssrc)
        index = _guess_index(self._rtp_seen.highest, int.from_bytes(body[2:4]))
        self._rtp_seen.check(index)
        self._rtp.check(body + (index >> 16).to_bytes(4), tag)
        self._rtp_seen.add(index)
        return body[:header] + self._rtp.crypt(self._ssrc, index, body[header:])

    def open_rtcp(self, packet: bytes) -> bytes:
        """The compound RTCP packet inside; SecurityError and no change of state if it does not
        authenticate."""
        if len(packet) < 8 + 4 + TAG:
            raise MalformedError(f"an SRTCP packet of {len(packet)} bytes")
        body, tag = packet[:-TAG], packet[-TAG:]
        if int.from_bytes(body[4:8]) != self._ssrc:
            raise ForeignError("RTCP of another source")
        word = int.from_bytes(body[-4:])
        index = word & MAX_RTCP_INDEX
        self._rtcp_seen.check(index)
        self._rtcp.check(body, tag)
        self._rtcp_seen.add(index)
        content = body[8:-4]
        return body[:8] + (self._rtcp.crypt(self._ssrc, index, content) if word >> 31 else content)


def _check_lengths(master_key: bytes, master_salt: bytes) -> None:
    if len(master_key) != 16 or len(master_salt) != 14:
        raise ValueError("SRTP takes a master key of 16 bytes and a salt of 14")


def _derive(key: bytes, salt: bytes, label: int, length: int) -> bytes:
    """A session key: the key stream of the salt with the label mixed in (sections 4.3.1 and 4.3.3, rate
    0)."""
    start = (int.from_bytes(salt) ^ label << 48) << 16
    return Cipher(algorithms.AES(key), modes.CTR(start.to_bytes(16))).encryptor().update(bytes(length))


def _header_of(packet: bytes, ssrc: int) -> int:
    try:
        header = rtp_header_length(packet)
    except PacketError as error:
        raise MalformedError(str(error)) from error
    if int.from_bytes(packet[8:12]) != ssrc:
        raise ForeignError("RTP of another source")
    return header


def _guess_index(highest: int, sequence: int) -> int:
    """The 48-bit index whose low 16 bits are `sequence` and that lies nearest to `highest` (section
    3.3.1)."""
    if highest < 0:
        return sequence
    rollover, last = highest >> 16, highest & 0xFFFF
    if last < 0x8000:
        rollover -= rollover > 0 and sequence - last > 0x8000
    else:
        rollover += last - sequence > 0x8000
    return rollover << 16 | sequence
