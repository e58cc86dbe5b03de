"""The metrics, in Prometheus's text: a collector that reads the frozen status when asked, and only then.

No counter is touched per message here: the daemon counts in plain integers, this file names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from registro.panel.status import Distribution, Stage, Status

_Number = Callable[[Status], float]
_Labelled = Callable[[Status], Mapping[str, int]]

_COUNTERS: tuple[tuple[str, str, _Number], ...] = (
    ("sala_connections", "Connections accepted", lambda s: s.traffic.connections),
    ("sala_registrations", "Registrations that succeeded", lambda s: s.traffic.registrations),
    ("sala_relay_packets", "Voice datagrams the relay passed on", lambda s: s.relay.packets),
    ("sala_relay_bytes", "Bytes of voice the relay passed on", lambda s: s.relay.size),
    ("sala_relay_cpu_seconds", "CPU of the relay's process, user and system", lambda s: s.relay.process.cpu),
    ("process_cpu_seconds", "CPU of the daemon's process, user and system", lambda s: s.process.cpu),
)
_LABELLED_COUNTERS: tuple[tuple[str, str, str, _Labelled], ...] = (
    (
        "sala_messages",
        "Lines by way",
        "way",
        lambda s: {"in": s.traffic.messages_in, "out": s.traffic.messages_out},
    ),
    (
        "sala_lookups",
        "Look-ups by result",
        "result",
        lambda s: {"found": s.traffic.lookups_found, "missing": s.traffic.lookups_missing},
    ),
    (
        "sala_registrations_refused",
        "Registrations refused, by code",
        "codigo",
        lambda s: s.traffic.refused_registrations,
    ),
    ("sala_calls_ended", "Calls that ended, by cause", "codigo", lambda s: s.traffic.calls_ended),
    ("sala_errors", "ERRO lines sent, by code", "codigo", lambda s: s.traffic.errors),
    ("sala_limited", "Requests and connections refused by a limit", "limit", lambda s: s.traffic.limited),
    ("sala_relay_drops", "Datagrams the relay dropped, by reason", "reason", lambda s: s.relay.drops),
    ("sala_relay_answers", "STUN requests, by what became of them", "answer", lambda s: s.relay.answers),
)
_GAUGES: tuple[tuple[str, str, _Number], ...] = (
    ("sala_connections_open", "Connections now", lambda s: s.present.connections),
    ("sala_connections_unregistered", "Connections not yet registered", lambda s: s.present.unregistered),
    ("sala_registered", "Names in the table", lambda s: s.present.registered),
    ("sala_calls_ringing", "Calls that ring", lambda s: s.present.ringing),
    ("sala_calls_talking", "Calls that were accepted", lambda s: s.present.talking),
    ("sala_draining", "1 while draining", lambda s: s.stage is Stage.DRAINING),
    ("sala_open", "1 while new connections are accepted", lambda s: s.stage is Stage.OPEN),
    ("sala_relay_up", "1 while the relay process runs", lambda s: s.relay.running),
    ("sala_relay_legs", "Relay legs now", lambda s: s.relay.legs),
    ("sala_relay_memory_bytes", "Resident memory of the relay's process", lambda s: s.relay.process.memory),
    ("process_resident_memory_bytes", "Resident memory of the daemon's process", lambda s: s.process.memory),
    ("process_start_time_seconds", "When the daemon started, Unix seconds", lambda s: s.started),
)
_HISTOGRAMS: tuple[tuple[str, str, Callable[[Status], Distribution]], ...] = (
    ("sala_call_setup_seconds", "From CONVITE to CONVITE-ACEITO", lambda s: s.traffic.setup_time),
    ("sala_presence_lag_seconds", "From a change of the table to its push", lambda s: s.traffic.presence_lag),
)


class StatusCollector(Collector):
    """Turns one look at the daemon into metric families; the same families, whatever the numbers are."""

    def __init__(self, look: Callable[[], Status]) -> None:
        self._look = look

    def describe(self) -> Iterable[Metric]:
        """Say nothing in advance, so that registering takes no look at a daemon that is still starting."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Take one look and name everything in it."""
        status = self._look()
        yield from (CounterMetricFamily(name, text, read(status)) for name, text, read in _COUNTERS)
        yield from (GaugeMetricFamily(name, text, float(read(status))) for name, text, read in _GAUGES)
        yield from (_labelled(row, status) for row in _LABELLED_COUNTERS)
        yield from (_histogram(name, text, read(status)) for name, text, read in _HISTOGRAMS)
        yield _queues(status.present.queues)
        yield InfoMetricFamily("sala_build", "The daemon", value={"version": status.version})


class Metrics:
    """The scrape: one private registry, one encoder chosen by what the scraper accepts."""

    def __init__(self, look: Callable[[], Status]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(StatusCollector(look))

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Give the text and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


def _labelled(row: tuple[str, str, str, _Labelled], status: Status) -> Metric:
    name, text, label, read = row
    family = CounterMetricFamily(name, text, labels=[label])
    for value, number in sorted(read(status).items()):
        family.add_metric([value], number)
    return family


def _queues(queues: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily("sala_queue_size", "Bytes or entries waiting, by queue", labels=["queue"])
    for name, size in sorted(queues.items()):
        family.add_metric([name], size)
    return family


def _histogram(name: str, text: str, values: Distribution) -> Metric:
    bounds = [*(repr(bound) for bound in values.bounds), "+Inf"]
    buckets: list[tuple[str, float]] = list(zip(bounds, accumulate(values.counts), strict=True))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=values.total)
