"""The live events: what a page is told, when, and what it costs nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator

from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from registro.panel.feed import (
    FIRST_MESSAGES,
    HEARTBEAT_EVERY,
    MAX_MESSAGES,
    MAX_WATCHERS,
    Feed,
    Watcher,
    event,
)
from registro.panel.status import Stage
from tests.support.panel_house import ExampleHouse


class Screen:
    """A sink that understands what it is sent, as a page does."""

    def __init__(self) -> None:
        self.ready = True
        self.data = b""

    def send(self, data: bytes) -> None:
        """Keep what came."""
        self.data += data

    def events(self, kind: str) -> list[object]:
        """Give the events of one kind."""
        return [data for name, data in self._parsed() if name == kind]

    def kinds(self) -> list[str]:
        """Give the kinds of all events, in order."""
        return [name for name, _ in self._parsed()]

    def forget(self) -> None:
        """Begin anew."""
        self.data = b""

    def rows(self) -> dict[str, list[object]]:
        """Give the table that a page would show after all it was told."""
        rows: dict[str, list[object]] = {}
        for change in self.events("tabela"):
            if change["whole"]:
                rows.clear()
            for name in change["gone"]:
                rows.pop(name, None)
            rows.update({row[0]: row for row in change["present"]})
        return rows

    def texts(self) -> list[str]:
        """Give the texts of the messages that were shown."""
        return [entry[5] for batch in self.events("mensagens") for entry in batch["entries"]]

    def _parsed(self) -> Iterator[tuple[str, object]]:
        for block in self.data.split(b"\n\n"):
            if block.startswith(b"event: "):
                head, _, rest = block.partition(b"\n")
                yield head[7:].decode(), json.loads(rest.removeprefix(b"data: "))


class CountingHouse(ExampleHouse):
    """An example daemon that counts how often it is looked at."""

    looks = 0
    readings = 0

    def status(self):  # type: ignore[no-untyped-def]
        """Count a look."""
        self.looks += 1
        return super().status()

    def messages_since(self, *arguments, **named):  # type: ignore[no-untyped-def]
        """Count a reading."""
        self.readings += 1
        return super().messages_since(*arguments, **named)


class FeedTests(TestCase):
    """One page or several, quick or slow."""

    def setUp(self) -> None:
        """Begin with a daemon and nobody who watches."""
        self.clock = Clock()
        self.house = CountingHouse(self.clock.seconds)
        self.feed = Feed(self.house)

    def watch(self, ident: str = "w", name: str = "", verb: str = "") -> tuple[Watcher, Screen]:
        """Open a page."""
        screen = Screen()
        watcher = Watcher(ident, screen, name, verb)
        self.feed.watch(watcher)
        return watcher, screen

    def tick(self, seconds: float = 0.3) -> None:
        """Let a batch pass."""
        self.clock.advance(seconds)
        self.feed.tick(self.clock.seconds())

    def test_a_new_page_gets_everything(self) -> None:
        """The first batch of a page has the state, the table, the calls, the errors and the kept messages."""
        self.house.join("ana")
        self.house.say("<", "ana", "PEDIDO-CONSULTA 1 nome=bia")
        self.house.call("ana", "bia")
        self.house.err("Ai.")
        _, screen = self.watch()
        self.tick()
        self.assertEqual(set(screen.kinds()), {"estado", "tabela", "chamadas", "erros", "mensagens"})
        self.assertEqual(list(screen.rows()), ["ana"])
        self.assertEqual(screen.events("chamadas")[0]["total"], 1)
        self.assertEqual(screen.events("erros")[0][0]["text"], "Ai.")

    def test_then_only_news(self) -> None:
        """When nothing happens, a batch is empty but for the state once a second."""
        _, screen = self.watch()
        self.tick()
        screen.forget()
        self.tick()
        self.tick()
        self.assertEqual(screen.data, b"")
        self.tick(0.5)
        self.assertEqual(screen.kinds(), ["estado"])

    def test_who_comes_is_shown_in_the_next_batch(self) -> None:
        """A registration is on the page 300 ms later, and only that row is sent."""
        self.house.join("ana")
        _, screen = self.watch()
        self.tick()
        self.house.join("bia")
        screen.forget()
        self.tick()
        (change,) = screen.events("tabela")
        self.assertEqual([row[0] for row in change["present"]], ["bia"])
        self.assertFalse(change["whole"])

    def test_pages_follow_the_table(self) -> None:
        """Whoever comes, changes and goes, and whenever a page was opened, it shows the daemon's table."""
        _, early = self.watch("early")
        self.tick()
        self.house.join("ana")
        self.house.join("bia", state="ausente")
        self.tick()
        _, late = self.watch("late")
        self.house.leave("ana")
        self.tick()
        self.house.join("caio")
        self.house.join("bia", state="ocupado")
        self.tick()
        for screen in (early, late):
            shown = {name: row[3] for name, row in screen.rows().items()}
            self.assertEqual(shown, {name: person.state for name, person in self.house.people.items()})

    def test_more_changes_than_are_kept(self) -> None:
        """When the changes outrun the ring the page gets the whole table, but not at every batch."""
        _, screen = self.watch()
        self.tick(5)
        for number in range(1100):
            self.house.join(f"p{number}")
        screen.forget()
        self.tick()
        self.assertEqual(len(screen.rows()), 1100)
        for number in range(1100):
            self.house.leave(f"p{number}")
        screen.forget()
        self.tick()
        self.assertEqual(screen.events("tabela"), [])
        self.tick(3)
        self.assertEqual([change["whole"] for change in screen.events("tabela")], [True])
        self.assertEqual(screen.rows(), {})

    def test_a_stage_is_told_at_once(self) -> None:
        """Closing is shown in the next batch, not in the next second."""
        self.house.call("ana", "bia")
        _, screen = self.watch()
        self.tick()
        screen.forget()
        self.house.close()
        self.tick()
        self.assertEqual(screen.events("estado")[0]["stage"], Stage.DRAINING.value)

    def test_messages_come_once_and_in_order(self) -> None:
        """A page sees each message once, in the order it passed."""
        _, screen = self.watch()
        for number in range(10):
            self.house.say("<", "ana", f"VIVO 0 t={number}")
            self.tick()
        self.assertEqual(screen.texts(), [f"0 t={number}" for number in range(10)])

    def test_a_flood_is_cut_and_counted(self) -> None:
        """Of more messages than one batch shows, the newest come and the page is told how many did not."""
        _, screen = self.watch()
        self.house.say("<", "ana", "VIVO 0 t=0")
        self.tick()
        screen.forget()
        for number in range(1000):
            self.house.say("<", "ana", f"VIVO 0 t={number}")
        self.tick()
        (batch,) = screen.events("mensagens")
        self.assertEqual((len(batch["entries"]), batch["skipped"]), (MAX_MESSAGES, 1000 - MAX_MESSAGES))

    def test_old_messages_are_not_called_skipped(self) -> None:
        """A page that has just come gets the last kept messages, and nothing is said of those before."""
        for number in range(1000):
            self.house.say("<", "ana", f"VIVO 0 t={number}")
        _, screen = self.watch()
        self.tick()
        (batch,) = screen.events("mensagens")
        self.assertEqual((len(batch["entries"]), batch["skipped"]), (FIRST_MESSAGES, 0))

    def test_a_filter_shows_the_kept_messages_anew(self) -> None:
        """A narrowed page is told to clear its list and gets the kept ones that match, then the new ones."""
        self.house.say("<", "ana", "PEDIDO-CONSULTA 1 nome=bia")
        self.house.say("<", "caio", "VIVO 0 t=1")
        _, screen = self.watch()
        self.tick()
        screen.forget()
        self.assertTrue(self.feed.narrow("w", "caio", ""))
        self.house.say("<", "ana", "VIVO 0 t=2")
        self.tick()
        self.assertEqual(screen.kinds()[0], "mensagens-novas")
        self.assertEqual(screen.texts(), ["0 t=1"])

    def test_a_filter_for_nobody(self) -> None:
        """A page that is not there cannot be narrowed."""
        self.assertFalse(self.feed.narrow("x", "", ""))

    def test_a_slow_page_is_skipped_and_caught_up(self) -> None:
        """A page that cannot take more is sent nothing, and everything anew when it can."""
        _, screen = self.watch()
        self.tick()
        screen.ready = False
        screen.forget()
        self.house.join("ana")
        self.tick()
        self.house.leave("ana")
        self.house.join("bia")
        self.tick()
        self.assertEqual(screen.data, b"")
        screen.ready = True
        self.tick()
        self.assertTrue(screen.events("tabela")[0]["whole"])
        self.assertEqual(list(screen.rows()), ["bia"])

    def test_pages_share_the_work(self) -> None:
        """Many pages cost one look and one reading of the messages a batch."""
        for number in range(MAX_WATCHERS):
            self.watch(str(number))
        self.tick()
        self.house.looks = self.house.readings = 0
        self.tick(1)
        self.assertEqual((self.house.looks, self.house.readings), (1, 1))

    def test_pages_are_bounded(self) -> None:
        """The feed says when it is full, and no longer when a page has gone."""
        watchers = [self.watch(str(number))[0] for number in range(MAX_WATCHERS)]
        self.assertTrue(self.feed.full)
        self.feed.unwatch(watchers[0])
        self.assertFalse(self.feed.full)

    def test_a_heartbeat(self) -> None:
        """A silent stream gets a comment now and then, so that proxies keep it."""
        _, screen = self.watch()
        self.tick()
        screen.forget()
        self.tick(HEARTBEAT_EVERY)
        self.assertIn(b"\n: vivo\n\n", b"\n" + screen.data)


class EventTests(TestCase):
    """How an event is spelled."""

    def test_no_text_ends_an_event(self) -> None:
        """Whatever a name holds, line ends among it, it stays inside its event."""
        data = event("tabela", {"name": "a\n\nevent: estado\r\ndata: {}\n\n"})
        self.assertEqual(data.count(b"\n"), 3)
        self.assertTrue(data.endswith(b"\n\n"))
        self.assertNotIn(b"\r", data)
