"""What the operator's page and the metrics cost while they are open: look-ups with and without, in turn."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from bench.common.figures import Goal, Spread, ratios
from bench.common.process import BenchError, free_port
from bench.common.table import Line
from bench.registro.bench import Bench, connect
from bench.registro.load import Load
from bench.registro.servers import Place, Server, sala

USERS = 1000
SCRAPE_EVERY = 5.0
"""Three times as often as Prometheus asks by default."""

PATIENCE = 10.0


class Watcher:
    """An operator's browser and a Prometheus: reads the live events, and scrapes. A context manager."""

    def __init__(self, port: int, token: str) -> None:
        """Log in; nothing is watched yet."""
        self._port = port
        self._over = threading.Event()
        self.received = 0
        self.scrapes = 0
        line = self._line()
        headers = {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
        line.request("POST", "/entrar", json.dumps({"token": token}), headers)
        cookie = line.getresponse().getheader("set-cookie")
        if cookie is None:
            raise BenchError("the panel did not take its own key")
        self._cookie = cookie.partition(";")[0]

    def _line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)

    def __enter__(self) -> Watcher:
        """Open the page and begin to scrape."""
        self._stream = self._line()
        self._stream.request("GET", "/eventos", headers={"Cookie": self._cookie})
        self._threads = [threading.Thread(target=work) for work in (self._read, self._scrape)]
        for thread in self._threads:
            thread.start()
        return self

    def _read(self) -> None:
        answer = self._stream.getresponse()
        while not self._over.is_set():
            self.received += len(answer.readline())

    def _scrape(self) -> None:
        while not self._over.wait(SCRAPE_EVERY if self.scrapes else 0.1):
            line = self._line()
            line.request("GET", "/metrics")
            self.received += len(line.getresponse().read())
            self.scrapes += 1

    def __exit__(self, *_: object) -> None:
        """Close the page."""
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        self._stream.close()


def _server(place: Place, port: int) -> tuple[Server, Path]:
    """Start ours with its panel on a port that we know; the journal is on, as it is by default."""
    server = sala(place, False, "--painel", f"tcp:{port}:interface=127.0.0.1")
    folders = sorted(place.folder.glob("sala-*/estado"), key=lambda folder: folder.stat().st_mtime)
    return server, folders[-1] / "painel.token"


def _rate(bench: Bench, load: Load) -> float:
    load.run("lookup 0.3", 20)
    return load.run(f"lookup {bench.seconds}", bench.seconds + 20).per_cpu_second


def panel_cost(bench: Bench) -> list[Line]:
    """Look-ups a CPU second with the page open and metrics scraped, beside nobody watching."""
    port = free_port()
    watched: list[float] = []
    alone: list[float] = []
    with ExitStack() as stack:
        server, token = _server(bench.place, port)
        stack.enter_context(server.program)
        load = bench.load(stack, server)
        connect(load, USERS)
        key = token.read_text("ascii").strip()
        for number in range(2 * bench.rounds):
            # Which of the two comes first changes from round to round.
            for kind in ("watched", "alone") if number % 2 else ("alone", "watched"):
                if kind == "alone":
                    alone.append(_rate(bench, load))
                    continue
                with Watcher(port, key) as watcher:
                    time.sleep(1)  # the first look, which sends the whole table, is no part of it
                    watched.append(_rate(bench, load))
                if watcher.received < 1000 or not watcher.scrapes:
                    raise BenchError("the page was open and nothing came")
    what = "look-ups a CPU second, plain, 1,000 connections"
    return [
        Line("painel", f"{what}, nobody watches", Spread.of(alone), ""),
        Line("painel", f"{what}, page open and metrics scraped", Spread.of(watched), ""),
        Line("painel", "watched / alone", ratios(watched, alone), " ×", Goal(least=0.95)),
    ]
