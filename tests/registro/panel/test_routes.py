"""The panel as a function: who may ask for what, and what is answered. No sockets, no HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from http import HTTPStatus

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from registro.panel.access import SESSION_LIFETIME, Sessions
from registro.panel.actions import ACTIONS, READINGS
from registro.panel.desk import Desk
from registro.panel.exchange import Answer, Ask, Reply, Stream
from registro.panel.guard import host_rule
from registro.panel.routes import Panel
from registro.panel.status import BanKind, Stage
from tests.support.panel_house import ExampleHouse

HOST = "127.0.0.1:5080"
TOKEN = "uma-chave-de-teste-que-ninguem-adivinha"


class Visitor:
    """A browser, as far as the panel can tell."""

    def __init__(self, panel: Panel, host: str = HOST, scheme: str = "http") -> None:
        self.panel = panel
        self.host = host
        self.origin = f"{scheme}://{host}"
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.stream_data = b""

    def get(self, path: str, **query: str) -> Answer:
        """Ask for something."""
        return self.panel.answer(Ask("GET", path, {"host": self.host}, query, self.cookies, b"", 5080))

    def post(self, path: str, data: object = None, **changes: str | None) -> Answer:
        """Do something; `changes` replaces headers, None leaves one out."""
        headers: dict[str, str | None] = {
            "host": self.host,
            "origin": self.origin,
            "content-type": "application/json",
            "x-sala": self.csrf,
        }
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        kept = {name: value for name, value in headers.items() if value is not None}
        body = data if isinstance(data, bytes) else json.dumps({} if data is None else data).encode()
        return self.panel.answer(Ask("POST", path, kept, {}, self.cookies, body, 5080))

    def enter(self, token: str = TOKEN) -> Reply:
        """Show the token, keep the cookie, and open the stream that tells the mark."""
        reply = self.post("/entrar", {"token": token})
        assert isinstance(reply, Reply)
        for name, value in reply.headers:
            if name == "set-cookie":
                key, _, cookie = value.partition(";")[0].partition("=")
                self.cookies[key] = cookie
        stream = self.get("/eventos")
        if isinstance(stream, Stream):
            self.close = stream.start(self)
            self.csrf = json.loads(self.stream_data.split(b"data: ")[1].split(b"\n")[0])["csrf"]
        return reply

    ready = True

    def send(self, data: bytes) -> None:
        """Take live events."""
        self.stream_data += data


class RoutesCase(TestCase):
    """A panel on an example daemon, on loopback."""

    tls = False
    metrics_token: str | None = None

    def setUp(self) -> None:
        """Begin with a panel that nobody has entered."""
        self.clock = Clock()
        self.house = ExampleHouse(self.clock.seconds)
        self.desk = Desk(
            self.house,
            Sessions(TOKEN),
            host_rule(not self.tls, ["registro.example"] if self.tls else []),
            self.tls,
            self.clock.seconds,
            self.metrics_token,
        )
        self.panel = Panel(self.desk, self.clock)
        self.visitor = Visitor(self.panel)

    def assertStatus(self, answer: Answer, status: HTTPStatus) -> Reply:
        """Hold the answer to its status, and give it."""
        if isinstance(answer, Deferred):
            answer = self.successResultOf(answer)
        assert isinstance(answer, Reply), answer
        self.assertEqual(answer.status, status, answer.body[:200])
        return answer


class DoorTests(RoutesCase):
    """Who gets in."""

    def test_strangers_see_the_door(self) -> None:
        """Without a session the front page is the door, and everything behind it is refused."""
        self.assertIn(b'id="token"', self.assertStatus(self.visitor.get("/"), HTTPStatus.UNAUTHORIZED).body)
        for path in ("/eventos", "/qr.svg", *(f"/api/{name}" for name in READINGS)):
            self.assertStatus(self.visitor.get(path), HTTPStatus.UNAUTHORIZED)
        for path in (*ACTIONS, "sair", "filtro"):
            self.assertStatus(self.visitor.post(f"/api/{path}"), HTTPStatus.UNAUTHORIZED)
        self.assertEqual(self.house.stage(), Stage.OPEN)

    def test_the_door_tells_nothing(self) -> None:
        """The door and what anybody may fetch hold neither the link nor the fingerprint nor a name."""
        self.house.join("josefina")
        for method, path in self.panel._routes:
            if method == "GET":
                answer = self.visitor.get(path)
                if isinstance(answer, Reply):
                    self.assertNotIn(b"josefina", answer.body, path)
                    self.assertNotIn(self.house.status().place.fingerprint.encode(), answer.body, path)

    def test_the_token_opens(self) -> None:
        """With the token the front page is the panel, the picture is a picture, the lists are lists."""
        self.assertStatus(self.visitor.enter(), HTTPStatus.OK)
        self.assertIn(b'id="people"', self.assertStatus(self.visitor.get("/"), HTTPStatus.OK).body)
        self.assertEqual(self.assertStatus(self.visitor.get("/qr.svg"), HTTPStatus.OK).kind, "image/svg+xml")
        for name in READINGS:
            self.assertStatus(self.visitor.get(f"/api/{name}"), HTTPStatus.OK)

    def test_the_cookie_is_guarded(self) -> None:
        """The session's cookie is for this host's HTTP alone: no script reads it, no other site sends it."""
        (cookie,) = [value for name, value in self.visitor.enter().headers if name == "set-cookie"]
        parts = set(cookie.split("; ")[1:])
        self.assertTrue({"HttpOnly", "SameSite=Strict", "Path=/"} <= parts)
        self.assertNotIn(TOKEN, cookie)
        self.assertTrue(cookie.startswith("sala-5080="))

    def test_a_wrong_token_does_not_open(self) -> None:
        """A wrong token gives no cookie."""
        for token in ("", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper()):
            reply = self.assertStatus(self.visitor.post("/entrar", {"token": token}), HTTPStatus.FORBIDDEN)
            self.assertEqual(reply.headers, ())

    @given(st.binary(max_size=200))
    def test_no_body_opens(self, body: bytes) -> None:
        """Whatever else is posted at the door, it is refused and nothing breaks."""
        self.assertStatus(self.visitor.post("/entrar", body), HTTPStatus.FORBIDDEN)

    def test_the_token_from_another_site_does_not_open(self) -> None:
        """Nobody is let in by a page of another site, even with the right token."""
        data = {"token": TOKEN}
        for origin in ("http://evil.example", "null", None):
            self.assertStatus(self.visitor.post("/entrar", data, origin=origin), HTTPStatus.FORBIDDEN)
        self.assertStatus(self.visitor.post("/entrar", data, content_type="text/plain"), HTTPStatus.FORBIDDEN)

    def test_sessions_end(self) -> None:
        """A session that is over is a stranger's."""
        self.visitor.enter()
        self.clock.advance(SESSION_LIFETIME)
        self.assertStatus(self.visitor.get("/api/banidos"), HTTPStatus.UNAUTHORIZED)
        self.assertStatus(self.visitor.post("/api/fechar"), HTTPStatus.UNAUTHORIZED)

    def test_leaving(self) -> None:
        """Who leaves is a stranger again, even with the old cookie."""
        self.visitor.enter()
        reply = self.assertStatus(self.visitor.post("/api/sair"), HTTPStatus.OK)
        self.assertIn("Max-Age=0", reply.headers[0][1])
        self.assertStatus(self.visitor.get("/api/banidos"), HTTPStatus.UNAUTHORIZED)


class HostTests(RoutesCase):
    """DNS rebinding."""

    def test_wrong_hosts_are_refused_everywhere(self) -> None:
        """A request for another host gets nothing, with or without a session, whatever it asks for."""
        self.visitor.enter()
        for host in ("evil.example", "evil.example:5080", "192.0.2.1:5080", ""):
            self.visitor.host = host
            for method, path in self.panel._routes:
                answer = self.visitor.get(path) if method == "GET" else self.visitor.post(path)
                self.assertStatus(answer, HTTPStatus.MISDIRECTED_REQUEST)
        self.assertEqual(self.house.stage(), Stage.OPEN)

    def test_a_missing_host_is_refused(self) -> None:
        """A request without a Host, or with two (which reads as none), gets nothing."""
        self.assertStatus(self.panel.answer(Ask("GET", "/saude")), HTTPStatus.MISDIRECTED_REQUEST)


class ActionTests(RoutesCase):
    """What a session may do, and what only looks like one."""

    def setUp(self) -> None:
        """Begin with a session."""
        super().setUp()
        self.visitor.enter()

    def test_other_sites_do_nothing(self) -> None:
        """A post without our Origin, the session's mark or JSON is refused, and nothing is done."""
        other = Visitor(self.panel)
        other.enter()
        wrong: list[dict[str, str | None]] = [
            {"origin": None},
            {"origin": "null"},
            {"origin": "http://evil.example"},
            {"origin": "https://127.0.0.1:5080"},
            {"x_sala": None},
            {"x_sala": ""},
            {"x_sala": other.csrf},
            {"content_type": None},
            {"content_type": "text/plain"},
            {"content_type": "application/x-www-form-urlencoded"},
        ]
        for changes in wrong:
            for name in (*ACTIONS, "sair", "filtro"):
                answer = self.visitor.post(f"/api/{name}", **changes)
                assert isinstance(answer, Reply)
                self.assertIn(
                    answer.status, (HTTPStatus.FORBIDDEN, HTTPStatus.UNSUPPORTED_MEDIA_TYPE), changes
                )
        self.assertEqual(self.house.stage(), Stage.OPEN)
        self.assertStatus(self.visitor.get("/api/banidos"), HTTPStatus.OK)

    def test_nothing_is_done_by_reading(self) -> None:
        """No action can be caused by a GET, which other sites can cause."""
        for name in (*ACTIONS, "sair", "filtro"):
            self.assertStatus(self.visitor.get(f"/api/{name}"), HTTPStatus.METHOD_NOT_ALLOWED)

    def test_close_and_open(self) -> None:
        """The daemon is closed and opened from the page."""
        self.house.call("ana", "bia")
        self.assertStatus(self.visitor.post("/api/fechar"), HTTPStatus.OK)
        self.assertEqual(self.house.stage(), Stage.DRAINING)
        self.assertStatus(self.visitor.post("/api/abrir"), HTTPStatus.OK)
        self.assertEqual(self.house.stage(), Stage.OPEN)

    def test_ban_and_lift(self) -> None:
        """A ban is made, listed and lifted."""
        data = {"tipo": "nome", "valor": " mallory ", "motivo": "<b>spam</b>"}
        self.assertStatus(self.visitor.post("/api/banir", data), HTTPStatus.OK)
        (ban,) = self.result("banidos")
        self.assertEqual((ban["kind"], ban["value"], ban["reason"]), ("nome", "mallory", "<b>spam</b>"))
        self.assertStatus(
            self.visitor.post("/api/perdoar", {"tipo": "nome", "valor": "mallory"}), HTTPStatus.OK
        )
        self.assertEqual(self.result("banidos"), [])

    def test_invite_and_revoke(self) -> None:
        """An invitation's secret is in the answer to who made it, and in no list."""
        reply = self.assertStatus(self.visitor.post("/api/convidar", {"nota": "Rita"}), HTTPStatus.OK)
        secret = json.loads(reply.body)["result"]
        listed = self.assertStatus(self.visitor.get("/api/convites"), HTTPStatus.OK).body
        self.assertNotIn(secret.encode(), listed)
        (one,) = json.loads(listed)["result"]
        self.assertStatus(self.visitor.post("/api/revogar", {"convite": one["ident"]}), HTTPStatus.OK)
        self.assertEqual(self.result("convites"), [])

    def test_names(self) -> None:
        """Owned names are searched by their beginning, and freed."""
        for name in ("ana", "anabela", "bia"):
            self.house.own(name)
        self.assertEqual([name["name"] for name in self.result("nomes", prefixo="ana")], ["ana", "anabela"])
        self.assertStatus(self.visitor.post("/api/liberar", {"nome": "ana"}), HTTPStatus.OK)
        self.assertEqual([name["name"] for name in self.result("nomes", prefixo="ana")], ["anabela"])

    def test_the_daemon_may_refuse(self) -> None:
        """What the daemon will not do is answered with its reason, and what the page's sentence mentions."""
        for name, data, reason, values in (
            ("liberar", {"nome": "ninguem"}, "sem-dono", {"nome": "ninguem"}),
            (
                "banir",
                {"tipo": "faixa", "valor": "em casa", "motivo": ""},
                "nao-e-faixa",
                {"valor": "em casa"},
            ),
            ("perdoar", {"tipo": "nome", "valor": "ninguem"}, "nao-banido", {"valor": "ninguem"}),
            ("revogar", {"convite": "c9"}, "sem-convite", {}),
        ):
            reply = self.assertStatus(self.visitor.post(f"/api/{name}", data), HTTPStatus.CONFLICT)
            self.assertEqual(json.loads(reply.body), {"ok": False, "codigo": reason, "valores": values})
        reply = self.visitor.post("/api/banir", {"tipo": "gato", "valor": "x", "motivo": ""})
        self.assertStatus(reply, HTTPStatus.CONFLICT)

    def test_a_fault_inside_is_logged_and_not_shown(self) -> None:
        """When the daemon itself breaks, the page is told so without a trace, and the log has it."""
        self.house.names = lambda *_: fail(ZeroDivisionError("segredo"))  # type: ignore[method-assign]
        reply = self.assertStatus(self.visitor.get("/api/nomes"), HTTPStatus.INTERNAL_SERVER_ERROR)
        self.assertNotIn(b"segredo", reply.body)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_bodies_that_are_no_fields(self) -> None:
        """A body with missing, additional, long or other than text fields is refused."""
        good = {"tipo": "nome", "valor": "x", "motivo": ""}
        bad: list[object] = [
            b"",
            b"[]",
            b"{",
            b"\xff",
            b"[" * 4000,
            {},
            good | {"mais": "1"},
            good | {"valor": 1},
            good | {"valor": None},
            good | {"valor": ["x"]},
            good | {"motivo": "x" * 257},
        ]
        for data in bad:
            self.assertStatus(self.visitor.post("/api/banir", data), HTTPStatus.BAD_REQUEST)
        self.assertEqual(self.result("banidos"), [])

    @given(st.binary(max_size=300))
    def test_fuzzed_bodies(self, body: bytes) -> None:
        """No body makes an action break."""
        for name, action in ACTIONS.items():
            if action.fields:
                self.assertStatus(self.visitor.post(f"/api/{name}", body), HTTPStatus.BAD_REQUEST)

    def test_a_filter_belongs_to_a_page(self) -> None:
        """A filter for a page that is not open is refused."""
        data = {"watcher": "outra", "nome": "", "verbo": ""}
        self.assertStatus(self.visitor.post("/api/filtro", data), HTTPStatus.BAD_REQUEST)

    def test_actions_reach_the_kind(self) -> None:
        """Each kind of ban arrives as that kind."""
        values = {BanKind.NAME: "x", BanKind.KEY: "y", BanKind.RANGE: "198.51.100.0/24"}
        for kind, value in values.items():
            data = {"tipo": kind.value, "valor": value, "motivo": ""}
            self.assertStatus(self.visitor.post("/api/banir", data), HTTPStatus.OK)
        self.assertEqual(
            {ban["kind"]: ban["value"] for ban in self.result("banidos")},
            {kind.value: value for kind, value in values.items()},
        )

    def result(self, name: str, **query: str) -> list[dict[str, object]]:
        """Read a list."""
        reply = self.assertStatus(self.visitor.get(f"/api/{name}", **query), HTTPStatus.OK)
        listed: list[dict[str, object]] = json.loads(reply.body)["result"]
        return listed


class LiveTests(RoutesCase):
    """The stream of a page."""

    def test_batches_flow_while_watched(self) -> None:
        """A registration is in the stream within 300 ms; when the page is closed no timer is left."""
        self.visitor.enter()
        self.clock.advance(0.3)
        self.house.join("josefina")
        self.clock.advance(0.3)
        self.assertIn(b"josefina", self.visitor.stream_data)
        self.visitor.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nothing_runs_unwatched(self) -> None:
        """A panel that nobody looks at has no timer: it costs nothing."""
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_bad_look_does_not_end_the_page(self) -> None:
        """When one look fails it is logged, and the next batch comes."""
        self.visitor.enter()
        whole = self.house.status
        self.house.status = lambda: 1 / 0  # type: ignore[assignment,return-value]
        self.clock.advance(0.3)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.house.status = whole  # type: ignore[method-assign]
        self.clock.advance(0.3)
        self.assertIn(b"event: estado", self.visitor.stream_data)

    def test_too_many_pages(self) -> None:
        """One page more than there may be is refused, until another closes."""
        visitors = [Visitor(self.panel) for _ in range(16)]
        for visitor in visitors:
            visitor.enter()
        self.visitor.enter()
        self.assertStatus(self.visitor.get("/eventos"), HTTPStatus.SERVICE_UNAVAILABLE)
        visitors[0].close()
        self.assertIsInstance(self.visitor.get("/eventos"), Stream)

    def test_a_filter_narrows_this_page(self) -> None:
        """The filter that a page posts narrows its own stream."""
        self.visitor.enter()
        hello = json.loads(self.visitor.stream_data.split(b"data: ")[1].split(b"\n")[0])
        data = {"watcher": hello["watcher"], "nome": "", "verbo": "CONVITE"}
        self.assertStatus(self.visitor.post("/api/filtro", data), HTTPStatus.OK)
        self.house.say("<", "ana", "VIVO 0 t=77")
        self.house.say("<", "ana", "CONVITE 1 para=bia")
        self.clock.advance(0.3)
        self.assertIn(b"para=bia", self.visitor.stream_data)
        self.assertNotIn(b"t=77", self.visitor.stream_data)


class MachineTests(RoutesCase):
    """What machines ask for."""

    def test_health(self) -> None:
        """A load balancer is told ok, draining and closed, by status and by word, without a token."""
        expected = [(HTTPStatus.OK, "ok"), (HTTPStatus.SERVICE_UNAVAILABLE, "draining")]
        expected.append((HTTPStatus.SERVICE_UNAVAILABLE, "closed"))
        self.house.call("ana", "bia")
        steps = [lambda: None, self.house.close, self.house.hang_up]
        for (status, word), step in zip(expected, steps, strict=True):
            step()
            self.assertEqual(
                json.loads(self.assertStatus(self.visitor.get("/saude"), status).body)["status"], word
            )

    def test_metrics_on_loopback(self) -> None:
        """On loopback a scrape needs no token: it tells numbers."""
        reply = self.assertStatus(self.visitor.get("/metrics"), HTTPStatus.OK)
        self.assertIn(b"\nsala_registered 0.0\n", reply.body)

    def test_nothing_else(self) -> None:
        """What is not there is not found; a known path asked in another way says so."""
        for path in (
            "/x",
            "/painel.html",
            "/entrar.html",
            "/../status.py",
            "/api",
            "/api/",
            "//",
            "/assets/painel.js",
        ):
            self.assertStatus(self.visitor.get(path), HTTPStatus.NOT_FOUND)
        self.assertStatus(self.visitor.post("/saude"), HTTPStatus.METHOD_NOT_ALLOWED)
        put = Ask("PUT", "/", {"host": HOST})
        self.assertStatus(self.panel.answer(put), HTTPStatus.METHOD_NOT_ALLOWED)

    def test_head_is_get(self) -> None:
        """HEAD is answered like GET (the transport leaves the body out)."""
        self.assertStatus(self.panel.answer(Ask("HEAD", "/saude", {"host": HOST})), HTTPStatus.OK)


class OutsideTests(RoutesCase):
    """The panel off loopback, where there is TLS."""

    tls = True
    metrics_token = "um-token-para-o-prometheus"

    def setUp(self) -> None:
        """Begin with a visitor who comes by name."""
        super().setUp()
        self.visitor = Visitor(self.panel, "registro.example", "https")

    def test_the_cookie_is_for_tls(self) -> None:
        """The cookie is bound to this host and to TLS."""
        (cookie,) = [value for name, value in self.visitor.enter().headers if name == "set-cookie"]
        self.assertTrue(cookie.startswith("__Host-sala-5080="))
        self.assertIn("Secure", cookie.split("; "))

    def test_plain_origins_are_refused(self) -> None:
        """A page that came without TLS cannot act."""
        self.visitor.enter()
        answer = self.visitor.post("/api/fechar", origin="http://registro.example")
        self.assertStatus(answer, HTTPStatus.FORBIDDEN)

    def test_metrics_need_their_token(self) -> None:
        """A scrape shows the metrics' own token; the panel's does not do, nor does none."""
        headers = {"host": "registro.example"}
        for given_token in ("", "Bearer", f"Bearer {TOKEN}", f"Basic {self.metrics_token}"):
            ask = Ask("GET", "/metrics", headers | {"authorization": given_token})
            self.assertStatus(self.panel.answer(ask), HTTPStatus.UNAUTHORIZED)
        ask = Ask("GET", "/metrics", headers | {"authorization": f"Bearer {self.metrics_token}"})
        self.assertStatus(self.panel.answer(ask), HTTPStatus.OK)

    def test_the_metrics_token_does_not_open(self) -> None:
        """The scraper's token is worth nothing at the door."""
        assert self.metrics_token is not None
        self.assertStatus(self.visitor.post("/entrar", {"token": self.metrics_token}), HTTPStatus.FORBIDDEN)

    def test_cookies_of_plain_http_are_not_taken(self) -> None:
        """A cookie under the name of plain HTTP, which a neighbour could set, is no session here."""
        self.visitor.enter()
        ((_, value),) = self.visitor.cookies.items()
        self.visitor.cookies = {"sala-5080": value}
        self.assertStatus(self.visitor.get("/api/banidos"), HTTPStatus.UNAUTHORIZED)


class DeskTests(RoutesCase):
    """Two daemons on one machine."""

    def test_each_port_has_its_own_cookie(self) -> None:
        """Browsers do not keep ports apart, so the cookie's name does."""
        self.assertNotEqual(
            self.desk.cookie_name(Ask("GET", "/", port=5080)),
            self.desk.cookie_name(Ask("GET", "/", port=5081)),
        )
        self.assertEqual(replace(self.desk, tls=True).cookie_name(Ask("GET", "/", port=1)), "__Host-sala-1")
