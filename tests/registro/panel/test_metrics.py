"""The metrics, read by Prometheus's own parser; and the dashboard, which may use nothing else."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from registro.panel.metrics import Metrics
from registro.panel.status import Distribution, RelayLoad, Stage, Traffic
from tests.support.panel_house import ExampleHouse


class MetricsTests(TestCase):
    """What a scrape says is what the daemon counted."""

    def setUp(self) -> None:
        """Begin with a daemon that has counted something of everything."""
        self.clock = Clock()
        self.house = ExampleHouse(self.clock.seconds)
        self.house.join("ana")
        self.house.call("ana", "bia")
        self.house.traffic = Traffic(
            connections=7,
            messages_in=20,
            messages_out=30,
            lookups_found=5,
            lookups_missing=2,
            registrations=3,
            refused_registrations={"assinatura": 1},
            calls_ended={"normal": 4, "ocupado": 1},
            errors={"sintaxe": 2},
            limited={"linhas": 9},
            setup_time=Distribution((0.1, 1.0), (3, 2, 1), 4.5),
            presence_lag=Distribution((0.25,), (1, 0), 0.2),
        )
        self.house.relay = RelayLoad(
            running=True, legs=2, packets=100, size=11000, drops={"limite": 1}, answers={"desafio": 3}
        )
        self.metrics = Metrics(self.house.status)

    def samples(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Scrape and parse."""
        body, _ = self.metrics.render()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in parse_text(body.decode())
            for sample in family.samples
        }

    def test_counters(self) -> None:
        """Each count is there under its name and label."""
        expected = {
            ("sala_connections_total", ()): 7,
            ("sala_messages_total", (("way", "in"),)): 20,
            ("sala_messages_total", (("way", "out"),)): 30,
            ("sala_lookups_total", (("result", "found"),)): 5,
            ("sala_lookups_total", (("result", "missing"),)): 2,
            ("sala_registrations_total", ()): 3,
            ("sala_registrations_refused_total", (("codigo", "assinatura"),)): 1,
            ("sala_calls_ended_total", (("codigo", "normal"),)): 4,
            ("sala_calls_ended_total", (("codigo", "ocupado"),)): 1,
            ("sala_errors_total", (("codigo", "sintaxe"),)): 2,
            ("sala_limited_total", (("limit", "linhas"),)): 9,
            ("sala_relay_packets_total", ()): 100,
            ("sala_relay_bytes_total", ()): 11000,
            ("sala_relay_answers_total", (("answer", "desafio"),)): 3,
            ("sala_relay_drops_total", (("reason", "limite"),)): 1,
        }
        samples = self.samples()
        self.assertEqual({key: samples.get(key) for key in expected}, expected)

    def test_gauges(self) -> None:
        """Each present number is there."""
        expected = {
            "sala_connections_open": 2,
            "sala_registered": 1,
            "sala_calls_talking": 1,
            "sala_calls_ringing": 0,
            "sala_open": 1,
            "sala_draining": 0,
            "sala_relay_up": 1,
            "sala_relay_legs": 2,
        }
        samples = self.samples()
        self.assertEqual({name: samples.get((name, ())) for name in expected}, expected)
        self.assertEqual(samples["sala_queue_size", (("queue", "pendente_bytes"),)], 0)
        self.assertGreater(samples["process_resident_memory_bytes", ()], 0)
        self.assertGreater(samples["process_cpu_seconds_total", ()], 0)

    def test_histograms(self) -> None:
        """A distribution becomes cumulative buckets, the last of which is the count, and a sum."""
        samples = self.samples()
        buckets = [samples["sala_call_setup_seconds_bucket", (("le", le),)] for le in ("0.1", "1.0", "+Inf")]
        self.assertEqual(buckets, [3, 5, 6])
        self.assertEqual(samples["sala_call_setup_seconds_count", ()], 6)
        self.assertEqual(samples["sala_call_setup_seconds_sum", ()], 4.5)

    def test_stages(self) -> None:
        """Draining and closed are seen."""
        self.house.close()
        self.assertEqual((self.samples()["sala_draining", ()], self.samples()["sala_open", ()]), (1, 0))
        self.house.hang_up()
        self.assertEqual(self.house.stage(), Stage.CLOSED)
        self.assertEqual((self.samples()["sala_draining", ()], self.samples()["sala_open", ()]), (0, 0))

    def test_both_formats(self) -> None:
        """Who asks for OpenMetrics gets it, and its parser takes it; everybody else gets the plain text."""
        body, kind = self.metrics.render("application/openmetrics-text; version=1.0.0")
        self.assertTrue(kind.startswith("application/openmetrics-text"))
        self.assertGreater(len(list(parse_openmetrics(body.decode()))), 20)
        _, kind = self.metrics.render("")
        self.assertTrue(kind.startswith("text/plain"))

    def test_every_family_is_explained(self) -> None:
        """Each metric has a sentence of help and a type, and no two have the same name."""
        families = list(parse_text(self.metrics.render()[0].decode()))
        self.assertEqual(len({family.name for family in families}), len(families))
        for family in families:
            self.assertTrue(family.documentation, family.name)
            self.assertIn(family.type, {"counter", "gauge", "histogram"}, family.name)

    def test_no_name_is_told(self) -> None:
        """No person's name and no address is in a scrape."""
        self.house.join("josefina", address="203.0.113.99")
        body = self.metrics.render()[0]
        self.assertNotIn(b"josefina", body)
        self.assertNotIn(b"203.0.113.99", body)

    def test_the_same_families_when_nothing_happened(self) -> None:
        """An idle daemon has all families already, so that a dashboard shows zeros and no holes."""
        idle = Metrics(ExampleHouse(self.clock.seconds).status)
        names = {family.name for family in parse_text(self.metrics.render()[0].decode())}
        self.assertEqual({family.name for family in parse_text(idle.render()[0].decode())}, names)

    def test_a_look_a_scrape(self) -> None:
        """A scrape takes one look; nothing is looked at when nobody scrapes."""
        looks = []
        metrics = Metrics(lambda: looks.append(1) or self.house.status())  # type: ignore[func-returns-value]
        self.assertEqual(len(looks), 0)
        metrics.render()
        self.assertEqual(len(looks), 1)

    def test_counts_grow(self) -> None:
        """The next scrape has the next number."""
        self.house.traffic = replace(self.house.traffic, connections=8)
        self.assertEqual(self.samples()["sala_connections_total", ()], 8)
