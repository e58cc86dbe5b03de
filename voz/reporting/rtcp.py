"""RTCP: reports, BYE, SDES and the VoIP metrics of RFC 3611, to bytes and back (RFC 3550 section 6)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voz.packet import MAX_DATAGRAM, PacketError

SR, RR, SDES, BYE, APP, XR = 200, 201, 202, 203, 204, 207
_VOIP_METRICS = 7
_BLOCK = struct.Struct("!IBBHIIII")
_SENDER = struct.Struct("!QIII")
_METRICS = struct.Struct("!BBHIBBBBHHHHbbBBBBBBBBHHH")
_UNAVAILABLE = 127
NTP_EPOCH_OFFSET: int = 2_208_988_800
"""Seconds from 1900 to 1970."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What one receiver says about one source (RFC 3550 section 6.4.1).

    `fraction_lost` in 1/256 since the last report, `lost` in total (signed 24 bits), `highest` the extended
    sequence number, `jitter` in ticks, `last_sr` the middle 32 bits of the last SR's NTP time, `delay`
    since then in 1/65536 s.
    """

    ssrc: int
    fraction_lost: int = 0
    lost: int = 0
    highest: int = 0
    jitter: int = 0
    last_sr: int = 0
    delay: int = 0


@dataclass(frozen=True, slots=True)
class SenderReport:
    """SR: `ntp` as a 64-bit NTP time, `timestamp` the RTP time of the same instant, packets and octets sent
    so far."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """RR; with no block it is the empty report that proves a path."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Bye:
    """BYE: these sources leave."""

    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SourceName:
    """SDES with one CNAME item, which says nothing about a person here."""

    ssrc: int
    cname: str


@dataclass(frozen=True, slots=True)
class VoiceMetrics:
    """The VoIP metrics block of RFC 3611 section 4.7, as far as this engine uses it.

    Rates are fractions 0..1 in steps of 1/256; times are milliseconds. Bursts are counted with Gmin = 1: a
    burst is an unbroken run of missing packets, so `burst_ms` is the mean run times the frame.
    """

    ssrc: int
    source: int
    loss_rate: float
    discard_rate: float
    burst_ms: int
    gap_ms: int
    round_trip_ms: int
    end_system_ms: int
    buffer_nominal_ms: int
    buffer_maximum_ms: int


Report = SenderReport | ReceiverReport | Bye | SourceName | VoiceMetrics


def serialise_rtcp(reports: Sequence[Report]) -> bytes:
    """The compound packet of `reports`, in the order given."""
    return b"".join(_SERIALISERS[type(report)](report) for report in reports)


def parse_rtcp(datagram: bytes) -> tuple[Report, ...]:
    """The reports of a compound packet; kinds and blocks that this engine has no use for are stepped over."""
    if not 8 <= len(datagram) <= MAX_DATAGRAM or len(datagram) % 4:
        raise PacketError(f"an RTCP packet of {len(datagram)} bytes")
    reports: list[Report] = []
    at = 0
    while at < len(datagram):
        first, kind, words = struct.unpack_from("!BBH", datagram, at)
        body = datagram[at + 4 : at + 4 + 4 * words]
        if first >> 6 != 2 or len(body) != 4 * words:
            raise PacketError("an RTCP packet that is cut off or of another version")
        at += 4 + len(body)
        if first & 0x20:
            body = _without_padding(body)
        parser = _PARSERS.get(kind)
        if parser is not None:
            reports.extend(parser(first & 0x1F, body))
    return tuple(reports)


def ntp_time(seconds: float) -> int:
    """Unix `seconds` as a 64-bit NTP time."""
    return int((seconds + NTP_EPOCH_OFFSET) * (1 << 32)) & ((1 << 64) - 1)


def ntp_middle(ntp: int) -> int:
    """The middle 32 bits of an NTP time, in 1/65536 s (what LSR carries)."""
    return ntp >> 16 & 0xFFFF_FFFF


def _without_padding(body: bytes) -> bytes:
    if not body or not 0 < body[-1] <= len(body):
        raise PacketError("RTCP padding longer than its packet")
    return body[: -body[-1]]


def _packet(count: int, kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def _blocks_to_bytes(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost,
            *divmod(max(-(1 << 23), min(block.lost, (1 << 23) - 1)) & 0xFF_FFFF, 1 << 16),
            block.highest,
            block.jitter,
            block.last_sr,
            block.delay,
        )
        for block in blocks
    )


def _blocks(count: int, body: bytes) -> tuple[ReportBlock, ...]:
    if len(body) < count * _BLOCK.size:
        raise PacketError("fewer report blocks than announced")
    blocks = []
    for index in range(count):
        ssrc, fraction, high, low, highest, jitter, last_sr, delay = _BLOCK.unpack_from(
            body, index * _BLOCK.size
        )
        lost = high << 16 | low
        lost -= (lost >> 23) << 24
        blocks.append(ReportBlock(ssrc, fraction, lost, highest, jitter, last_sr, delay))
    return tuple(blocks)


def _sender_report(report: SenderReport) -> bytes:
    info = _SENDER.pack(
        report.ntp, report.timestamp, report.packets & 0xFFFF_FFFF, report.octets & 0xFFFF_FFFF
    )
    body = report.ssrc.to_bytes(4) + info + _blocks_to_bytes(report.blocks)
    return _packet(len(report.blocks), SR, body)


def _parse_sender_report(count: int, body: bytes) -> tuple[Report, ...]:
    if len(body) < 24:
        raise PacketError("a sender report that is cut off")
    ntp, timestamp, packets, octets = _SENDER.unpack_from(body, 4)
    return (SenderReport(_ssrc(body), ntp, timestamp, packets, octets, _blocks(count, body[24:])),)


def _receiver_report(report: ReceiverReport) -> bytes:
    return _packet(len(report.blocks), RR, report.ssrc.to_bytes(4) + _blocks_to_bytes(report.blocks))


def _parse_receiver_report(count: int, body: bytes) -> tuple[Report, ...]:
    return (ReceiverReport(_ssrc(body), _blocks(count, body[4:])),)


def _bye(report: Bye) -> bytes:
    return _packet(len(report.sources), BYE, b"".join(source.to_bytes(4) for source in report.sources))


def _parse_bye(count: int, body: bytes) -> tuple[Report, ...]:
    if len(body) < 4 * count:
        raise PacketError("a BYE with fewer sources than announced")
    return (Bye(tuple(int.from_bytes(body[4 * i : 4 * i + 4]) for i in range(count))),)


def _source_name(report: SourceName) -> bytes:
    text = report.cname.encode()[:255]
    chunk = report.ssrc.to_bytes(4) + bytes((1, len(text))) + text + b"\0"
    return _packet(1, SDES, chunk + b"\0" * (-len(chunk) % 4))


def _parse_source_name(count: int, body: bytes) -> tuple[Report, ...]:
    if not count:
        return ()
    ssrc = _ssrc(body)
    if len(body) < 6 or body[4] != 1 or len(body) < 6 + body[5]:
        return ()
    return (SourceName(ssrc, body[6 : 6 + body[5]].decode(errors="replace")),)


def _voice_metrics(report: VoiceMetrics) -> bytes:
    metrics = _METRICS.pack(
        _VOIP_METRICS,
        0,
        8,
        report.source,
        _rate(report.loss_rate),
        _rate(report.discard_rate),
        255 if report.burst_ms else 0,
        0,
        _word(report.burst_ms),
        _word(report.gap_ms),
        _word(report.round_trip_ms),
        _word(report.end_system_ms),
        _UNAVAILABLE,
        _UNAVAILABLE,
        _UNAVAILABLE,
        1,
        *(_UNAVAILABLE,) * 4,
        0,
        0,
        _word(report.buffer_nominal_ms),
        _word(report.buffer_maximum_ms),
        _word(report.buffer_maximum_ms),
    )
    return _packet(0, XR, report.ssrc.to_bytes(4) + metrics)


def _parse_extended(_count: int, body: bytes) -> tuple[Report, ...]:
    ssrc = _ssrc(body)
    at = 4
    found: list[Report] = []
    while at + 4 <= len(body):
        kind, _, words = struct.unpack_from("!BBH", body, at)
        block = body[at : at + 4 + 4 * words]
        if kind == _VOIP_METRICS and len(block) == _METRICS.size:
            found.append(_parse_metrics(ssrc, block))
        at += 4 + 4 * words
    return tuple(found)


def _parse_metrics(ssrc: int, block: bytes) -> VoiceMetrics:
    fields = _METRICS.unpack(block)
    loss, discard = fields[4] / 256, fields[5] / 256
    return VoiceMetrics(ssrc, fields[3], loss, discard, *fields[8:12], *fields[-3:-1])


def _rate(fraction: float) -> int:
    return max(0, min(255, round(fraction * 256)))


def _word(number: int) -> int:
    return max(0, min(65535, number))


def _ssrc(body: bytes) -> int:
    if len(body) < 4:
        raise PacketError("an RTCP packet without its source")
    return int.from_bytes(body[:4])


_SERIALISERS: dict[type, Callable[..., bytes]] = {
    SenderReport: _sender_report,
    ReceiverReport: _receiver_report,
    Bye: _bye,
    SourceName: _source_name,
    VoiceMetrics: _voice_metrics,
}
_PARSERS: dict[int, Callable[[int, bytes], tuple[Report, ...]]] = {
    SR: _parse_sender_report,
    RR: _parse_receiver_report,
    SDES: _parse_source_name,
    BYE: _parse_bye,
    XR: _parse_extended,
}
