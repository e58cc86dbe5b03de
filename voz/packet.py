"""RTP and RTCP packets as numbers and bytes (RFC 3550, RFC 2198, RFC 5761); nothing here reads a clock or a
socket."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

OPUS: int = 111
"""Payload type of one Opus frame (RFC 7587)."""
RED: int = 112
"""Payload type of redundant sound (RFC 2198): older Opus frames first, the new one last."""
CLOCK_RATE: int = 48_000
"""Ticks of an RTP timestamp in one second; Opus always counts in 48 kHz."""
MAX_DATAGRAM: int = 2048
"""No packet longer than this is looked at."""
MAX_RED_OFFSET: int = (1 << 14) - 1
"""Farthest distance, in timestamp ticks, that a redundant block can state (14 bits)."""
MAX_RED_BLOCK: int = (1 << 10) - 1
"""Longest redundant block in bytes (10 bits of length)."""
MAX_RED_BLOCKS: int = 8
"""More blocks than this in one packet are refused: we never send them and they only cost time."""

_RTP = struct.Struct("!BBHII")
_VERSION = 2 << 6


class PacketError(ValueError):
    """The bytes are not a packet of the kind that was asked for; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet (RFC 3550 section 5.1): `sequence` 16 bits, `timestamp` and `ssrc` 32 bits.

    Header extensions, padding and CSRCs are understood when parsed and never produced.
    """

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def serialise(self) -> bytes:
        """The bytes of the packet, a header of 12 bytes and the payload."""
        second = (self.marker << 7) | self.payload_type
        return _RTP.pack(_VERSION, second, self.sequence, self.timestamp, self.ssrc) + self.payload


@dataclass(frozen=True, slots=True)
class RedBlock:
    """One frame inside a RED payload: `offset` ticks older than the packet's timestamp (0: the packet's
    own)."""

    payload_type: int
    offset: int
    payload: bytes


def is_rtcp(datagram: bytes) -> bool:
    """Whether a datagram of an rtcp-mux stream is RTCP (RFC 5761 section 4: packet types 192 to 223)."""
    return len(datagram) >= 2 and 192 <= datagram[1] <= 223


def rtp_header_length(datagram: bytes) -> int:
    """Bytes before the payload of an RTP packet, CSRCs and extension counted; PacketError if they are not
    all there."""
    if not 12 <= len(datagram) <= MAX_DATAGRAM:
        raise PacketError(f"an RTP packet of {len(datagram)} bytes")
    if datagram[0] >> 6 != 2:
        raise PacketError(f"RTP version {datagram[0] >> 6}")
    length = 12 + 4 * (datagram[0] & 0x0F)
    if datagram[0] & 0x10:
        if len(datagram) < length + 4:
            raise PacketError("a header extension that is cut off")
        length += 4 + 4 * int.from_bytes(datagram[length + 2 : length + 4])
    if length > len(datagram):
        raise PacketError("a header longer than its packet")
    return length


def parse_rtp(datagram: bytes) -> RtpPacket:
    """The RTP packet in `datagram`; PacketError for anything else."""
    start = rtp_header_length(datagram)
    first, second, sequence, timestamp, ssrc = _RTP.unpack_from(datagram)
    end = len(datagram)
    if first & 0x20:
        padding = datagram[-1]
        if not 0 < padding <= end - start:
            raise PacketError(f"{padding} bytes of padding in a payload of {end - start}")
        end -= padding
    return RtpPacket(second & 0x7F, sequence, timestamp, ssrc, datagram[start:end], bool(second >> 7))


def serialise_red(blocks: Sequence[RedBlock]) -> bytes:
    """The RED payload of `blocks`, oldest first, the packet's own frame (offset 0) last (RFC 2198 section
    3)."""
    if not blocks or blocks[-1].offset != 0:
        raise PacketError("the last block of RED is the packet's own frame, with offset 0")
    headers = bytearray()
    for block in blocks[:-1]:
        size = len(block.payload)
        if not 0 < block.offset <= MAX_RED_OFFSET or size > MAX_RED_BLOCK:
            raise PacketError(
                f"a redundant block of {size} bytes, {block.offset} ticks old, does not fit RED"
            )
        word = 1 << 31 | block.payload_type << 24 | block.offset << 10 | size
        headers += word.to_bytes(4)
    headers.append(blocks[-1].payload_type)
    return bytes(headers) + b"".join(block.payload for block in blocks)


def parse_red(payload: bytes) -> tuple[RedBlock, ...]:
    """The blocks of a RED payload as they stand in it (oldest first by habit, the own frame last)."""
    heads: list[tuple[int, int, int]] = []
    at = 0
    while at < len(payload) and payload[at] & 0x80:
        if at + 4 >= len(payload) or len(heads) >= MAX_RED_BLOCKS:
            raise PacketError("block headers of RED that do not end")
        word = int.from_bytes(payload[at : at + 4])
        heads.append((word >> 24 & 0x7F, word >> 10 & MAX_RED_OFFSET, word & MAX_RED_BLOCK))
        at += 4
    if at >= len(payload):
        raise PacketError("RED without a last block")
    last_type = payload[at]
    at += 1
    if at + sum(size for _, _, size in heads) > len(payload):
        raise PacketError("blocks of RED longer than the payload")
    blocks = []
    for kind, offset, size in heads:
        blocks.append(RedBlock(kind, offset, payload[at : at + size]))
        at += size
    blocks.append(RedBlock(last_type, 0, payload[at:]))
    return tuple(blocks)


def wrapped_difference(new: int, old: int, bits: int) -> int:
    """`new - old` of two counters of `bits` bits, read as the shorter way round (serial arithmetic, RFC
    1982)."""
    half = 1 << (bits - 1)
    return ((new - old + half) & ((1 << bits) - 1)) - half
