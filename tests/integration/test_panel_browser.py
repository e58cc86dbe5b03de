"""The operator's page in a real browser, on a real daemon in a process of its own."""

from __future__ import annotations

import atexit
import resource
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from twisted.trial.unittest import TestCase

from registro.wire import messages
from tests.support.browser import available, browser, colours, phone
from tests.support.daemon_process import DaemonProcess, PlainClient, daemon

PATIENCE = 30.0
CROWD = 2000
CALL = bytes(range(16))


class Shared:
    """One daemon and one browser for all tests here: both are slow to start."""

    _kept: ClassVar[tuple[DaemonProcess, WebDriver] | None] = None

    @classmethod
    def get(cls) -> tuple[DaemonProcess, WebDriver]:
        """Start both at the first call; both end with this process."""
        if cls._kept is None:
            stack = ExitStack()
            atexit.register(stack.close)
            running = stack.enter_context(daemon("--silencioso", "--drenar", "20"))
            cls._kept = running, stack.enter_context(browser())
        return cls._kept


class BrowserCase(TestCase):
    """Every test opens the page anew."""

    if not available():
        skip = "chromium and chromedriver are not installed"

    def setUp(self) -> None:
        """Open the page by the link."""
        self.daemon, self.driver = Shared.get()
        self.driver.get_log("browser")
        self.driver.get("about:blank")
        self.driver.get(self.daemon.link)
        self.wait(lambda: self.text("stage-text") in ("Aberto", "Open"))

    def tearDown(self) -> None:
        """Nothing that a test did may have made the browser complain."""
        severe = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        self.assertEqual([text for text in severe if "401" not in text], [])

    def wait(self, condition: Callable[[], object], patience: float = PATIENCE) -> float:
        """Wait until something is so; give how long it took."""
        begin = time.monotonic()
        while not condition():
            if time.monotonic() - begin > patience:
                raise AssertionError("it did not become so; the page says:\n" + self.find("body").text[:3000])
            time.sleep(0.02)
        return time.monotonic() - begin

    def find(self, selector: str):  # type: ignore[no-untyped-def]
        """Find the first element."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, ident: str) -> str:
        """Read the text of an element, drawn or not."""
        value: str = self.driver.execute_script(
            "return document.getElementById(arguments[0])?.textContent ?? ''", ident
        )
        return value

    def names(self) -> list[str]:
        """Read the names in the table as they are drawn."""
        found: list[str] = self.driver.execute_script(
            "return [...document.querySelectorAll('#rows .who')].map((cell) => cell.textContent)"
        )
        return found

    def messages(self) -> list[str]:
        """Read the messages as they are drawn, newest first."""
        found: list[str] = self.driver.execute_script(
            "return [...document.querySelectorAll('#log li')].map((line) => line.textContent)"
        )
        return found

    def type_into(self, ident: str, text: str) -> None:
        """Type into an emptied field."""
        field = self.find(f"#{ident}")
        field.clear()
        field.send_keys(text)
        # Emptying does not make the event that typing makes.
        self.driver.execute_script("arguments[0].dispatchEvent(new Event('input'))", field)

    def press(self, ident: str, confirm: bool = False) -> None:
        """Press a button, and the dialog's one when it asks."""
        self.find(f"#{ident}").click()
        if confirm:
            self.wait(lambda: self.find("#confirm-yes").is_displayed())
            self.find("#confirm-yes").click()

    def client(self, name: str) -> PlainClient:
        """Register somebody, who has the same key every time, until the end of the test."""
        made = PlainClient(self.daemon.plain, sha256(name.encode()).digest()).register(name)
        self.addCleanup(made.close)
        return made

    def clients(self, names: list[str]) -> list[PlainClient]:
        """Register several at once, so that the disk is waited for once."""
        made = {name: PlainClient(self.daemon.plain, sha256(name.encode()).digest()) for name in names}
        for name, client in made.items():
            self.addCleanup(client.close)
            client.say(client.request(name), 1)
        for client in made.values():
            client.hear_a(messages.RegistroBemSucedido)
        return list(made.values())

    def can_connect(self) -> bool:
        """Whether the daemon takes connections."""
        try:
            PlainClient(self.daemon.plain).close()
        except (OSError, EOFError):
            return False
        return True


class PageTests(BrowserCase):
    """What an operator sees and does."""

    def test_the_link_opens_it_and_vanishes(self) -> None:
        """The link opens the panel; its key leaves the address, and the cookie is locked up."""
        self.assertEqual(self.driver.current_url, f"http://127.0.0.1:{self.daemon.panel}/")
        (cookie,) = self.driver.get_cookies()
        self.assertEqual((cookie["httpOnly"], cookie["sameSite"]), (True, "Strict"))
        self.assertEqual(self.driver.execute_script("return document.cookie"), "")
        self.assertNotIn(self.daemon.token, self.driver.page_source)

    def test_the_way_here(self) -> None:
        """Address, fingerprint in groups of four, link and its picture are shown."""
        self.wait(lambda: self.text("link").startswith("sala://"))
        groups = self.text("fingerprint").split(" ")
        self.assertTrue(all(len(group) == 4 for group in groups), groups)
        self.assertTrue(self.text("link").endswith("".join(groups)))
        natural = "return document.getElementById('qr').naturalWidth"
        self.wait(lambda: self.driver.execute_script(natural) > 0)

    def test_a_user_is_seen_within_a_second(self) -> None:
        """Whoever registers is in the table within a second, and out of it after leaving."""
        came, went = [], []
        for _ in range(3):  # other programs may hold this machine up once
            somebody = self.client("josefina")
            came.append(self.wait(lambda: "josefina" in self.names()))
            somebody.close()
            went.append(self.wait(lambda: "josefina" not in self.names()))
        self.assertLess(min(came), 1.0)
        self.assertLess(min(went), 1.0)

    def test_close_and_open(self) -> None:
        """Fechar, once confirmed, closes the doors; Abrir opens them."""
        self.press("close", confirm=True)
        self.wait(lambda: self.text("stage-text") == "Fechado")
        self.assertFalse(self.can_connect())
        self.press("open")
        self.wait(lambda: self.text("stage-text") == "Aberto")
        self.assertTrue(self.can_connect())

    def test_closing_asks_first(self) -> None:
        """Who thinks better of it has closed nothing."""
        self.press("close")
        self.wait(lambda: self.find("#confirm").is_displayed())
        self.find("#confirm button[value=no]").click()
        self.wait(lambda: not self.find("#confirm").is_displayed())
        self.assertTrue(self.can_connect())

    def test_drain_with_a_call(self) -> None:
        """With a call in progress closing drains: its seconds are shown, the call goes on, its end closes."""
        ana, bia = self.client("ana"), self.client("bia")
        invitation = messages.Convite(CALL, b"c" * 32, int(time.time()), b"s" * 64, para="bia")
        ana.say(invitation, 1)
        bia.hear_a(messages.Convite)
        bia.say(messages.ConviteAceito(CALL, b"e" * 32, (), b"s" * 64))
        ana.hear_a(messages.ConviteAceito)
        self.wait(lambda: "ana→bia" in self.text("calls-list"))
        self.press("close", confirm=True)
        self.wait(lambda: self.text("stage-text") == "Encerrando")
        self.wait(lambda: self.find("#drain").is_displayed())
        self.assertRegex(self.text("drain-text"), r"^1 em curso · (20|1\d) s para o fim$")
        self.assertFalse(self.can_connect())
        ana.say(messages.Caminhos(CALL, ("192.0.2.1@4000@host",)))
        self.assertEqual(bia.hear_a(messages.Caminhos).candidatos, ("192.0.2.1@4000@host",))
        first = self.text("drain-text")
        self.wait(lambda: self.text("drain-text") != first)
        ana.say(messages.EncerrarLigacao(CALL, "normal"))
        self.wait(lambda: self.text("stage-text") == "Fechado")
        self.wait(lambda: not self.find("#drain").is_displayed())
        self.press("open")
        self.wait(self.can_connect)

    def test_messages_are_live_filtered_and_paused(self) -> None:
        """Messages appear as they pass, only those of the filter, and none while paused."""
        ana, bia = self.client("ana"), self.client("bia")
        ana.ask(messages.PedidoConsulta("bia"), messages.ConsultaBemSucedida)
        self.wait(lambda: any("PEDIDO-CONSULTA" in line and "ana" in line for line in self.messages()))
        self.type_into("filter-name", "bia")
        self.type_into("filter-verb", "pedido-c")
        bia.ask(messages.PedidoConsulta("ana"), messages.ConsultaBemSucedida)
        self.wait(lambda: len(self.messages()) == 2)
        self.assertTrue(all("PEDIDO-CONSULTA" in line for line in self.messages()), self.messages())
        self.press("pause")
        bia.ask(messages.PedidoConsulta("ana"), messages.ConsultaBemSucedida)
        self.wait(lambda: self.text("pause") == "Continuar (1)")
        self.assertEqual(len(self.messages()), 2)
        self.press("pause")
        self.wait(lambda: len(self.messages()) == 3)

    def test_hostile_messages_are_text(self) -> None:
        """What a stranger sends is shown as it was written, and is never a part of the page."""
        hostile = '<img/src=x/onerror=document.title="pego">'
        stranger = PlainClient(self.daemon.plain)
        self.addCleanup(stranger.close)
        stranger.raw(f"PEDIDO-CONSULTA 1 nome={hostile}\n".encode())
        stranger.raw(f"<script>alert(1)</script> 1 x={hostile}\n".encode())
        self.wait(lambda: any(hostile in line for line in self.messages()))
        self.wait(lambda: any("<script>alert(1)</script>" in line for line in self.messages()))
        self.assertEqual(self.driver.find_elements(By.CSS_SELECTOR, "#log img, #log script"), [])
        self.assertIn("Sala de Conversa", self.driver.title)

    def test_bans_and_hostile_reasons(self) -> None:
        """A ban from the page ends the connection, is listed with its reason as text, and can be lifted."""
        mallory = self.client("mallory")
        self.find("#ban [name=valor]").send_keys("mallory")
        self.find("#ban [name=motivo]").send_keys("<b>spam</b>")
        self.find("#ban button").click()
        self.wait(lambda: self.find("#confirm-yes").is_displayed())
        self.assertIn("mallory", self.text("confirm-text"))
        self.find("#confirm-yes").click()
        self.assertEqual(mallory.hear_a(messages.Encerrado).codigo, "banido")
        self.wait(lambda: "<b>spam</b>" in self.text("bans"))
        self.assertEqual(self.driver.find_elements(By.CSS_SELECTOR, "#bans b"), [])
        self.find("#bans button").click()
        self.wait(lambda: self.text("bans") == "")
        self.client("mallory")

    def test_a_refused_action_is_explained(self) -> None:
        """What the daemon refuses is said on the page in a sentence."""
        self.driver.execute_script("document.querySelector('#ban [name=tipo]').value = 'faixa'")
        self.find("#ban [name=valor]").send_keys("em casa")
        self.find("#ban button").click()
        self.wait(lambda: self.find("#confirm-yes").is_displayed())
        self.find("#confirm-yes").click()
        self.wait(lambda: "em casa não é uma faixa" in self.text("door-problem"))
        # The browser itself notes the refusal; it is no fault of the page.
        self.driver.get_log("browser")

    def test_invitations_and_names(self) -> None:
        """An invitation's secret is shown once; an owned name is found and freed."""
        owner = self.client("zeferina")
        self.press("tab-invitations")
        self.find("#invite [name=nota]").send_keys("para a Rita")
        self.find("#invite button").click()
        self.wait(lambda: len(self.text("secret-text")) >= 16)
        secret = self.text("secret-text")
        self.wait(lambda: "para a Rita" in self.text("invitations"))
        self.assertNotIn(secret, self.text("invitations"))
        self.press("tab-names")
        self.find("#names-search [name=prefixo]").send_keys("Zef")
        self.find("#names-search button").click()
        self.wait(lambda: "zeferina" in self.text("names"))
        self.find("#names button").click()
        self.wait(lambda: self.find("#confirm-yes").is_displayed())
        self.find("#confirm-yes").click()
        self.assertEqual(owner.hear_a(messages.Encerrado).codigo, "banido")
        self.wait(lambda: self.text("names") == "")

    def test_leaving_locks_it(self) -> None:
        """Who leaves sees the door, and the way back in history shows the door too."""
        self.press("leave")
        self.wait(lambda: self.driver.find_elements(By.ID, "token"))
        self.driver.back()
        self.driver.get(f"http://127.0.0.1:{self.daemon.panel}/")
        self.wait(lambda: self.driver.find_elements(By.ID, "token"))

    def test_the_door_takes_the_key_by_hand(self) -> None:
        """A wrong key is refused in a sentence; the right one, typed, opens."""
        self.press("leave")
        self.wait(lambda: self.driver.find_elements(By.ID, "token"))
        self.find("#token").send_keys("errada")
        self.find("#form button").click()
        self.wait(lambda: "não é a chave" in self.text("problem"))
        self.driver.get_log("browser")
        self.find("#token").clear()
        self.find("#token").send_keys(self.daemon.token)
        self.find("#form button").click()
        self.wait(lambda: self.text("stage-text") == "Aberto")

    def test_languages_and_colours(self) -> None:
        """The page speaks the chosen language and keeps the choice; it can be light and dark."""
        self.assertIn("Quem está aqui", self.find("#people h2").text)
        self.press("language")
        self.assertIn("Who is here", self.find("#people h2").text)
        self.wait(lambda: self.text("stage-text") == "Open")
        self.driver.refresh()
        self.wait(lambda: self.text("stage-text") == "Open")
        self.press("language")
        self.wait(lambda: self.text("stage-text") == "Aberto")
        shade = "return getComputedStyle(document.body).backgroundColor"
        colours(self.driver, "light")
        self.addCleanup(colours, self.driver, "light")
        light = self.driver.execute_script(shade)
        colours(self.driver, "dark")
        self.wait(lambda: self.driver.execute_script(shade) != light)
        self.press("theme")
        self.wait(lambda: self.driver.execute_script(shade) == light)
        self.driver.execute_script("localStorage.clear()")

    def test_on_a_phone(self) -> None:
        """On a phone nothing is wider than the screen, and what is pressed is big enough for a thumb."""
        self.client("josefina-de-um-nome-bem-comprido")
        phone(self.driver)
        self.addCleanup(self.driver.execute_cdp_cmd, "Emulation.clearDeviceMetricsOverride", {})
        self.wait(lambda: self.driver.execute_script("return innerWidth") == 390)
        self.wait(lambda: "josefina-de-um-nome-bem-comprido" in self.names())
        self.assertLessEqual(self.driver.execute_script("return document.documentElement.scrollWidth"), 390)
        heights: list[float] = self.driver.execute_script(
            "return [...document.querySelectorAll('.top button, #ban button, #ban input')]"
            ".filter((node) => node.offsetParent).map((node) => node.offsetHeight)"
        )
        self.assertGreaterEqual(min(heights), 40)


class Crowd:
    """People who say that they live, however long the test takes."""

    def __init__(self) -> None:
        self._clients: list[PlainClient] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def add(self, *clients: PlainClient) -> None:
        """Some more."""
        self._clients += clients

    def _live(self) -> None:
        while not self._over.wait(10):
            for client in list(self._clients):
                client.raw(b"VIVO 0 t=1\n")

    def go(self) -> None:
        """Say nothing more."""
        self._over.set()
        self._thread.join()


class CrowdTests(BrowserCase):
    """Two thousand people."""

    def test_search_among_two_thousand(self) -> None:
        """All are counted, some are drawn, and a search finds the right ones at once, accents or not."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < CROWD + 500:
            self.skipTest("too few descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        crowd = Crowd()
        self.addCleanup(crowd.go)
        names = [f"pessoa-{number:04}" for number in range(CROWD - 1)] + ["joão-da-silva"]
        for start in range(0, CROWD, 200):
            crowd.add(*self.clients(names[start : start + 200]))
        self.wait(lambda: self.text("people-count") in ("2.000", "2000"))
        self.assertLessEqual(len(self.names()), 200)
        self.type_into("search", "joao")
        self.assertLess(self.wait(lambda: self.names() == ["joão-da-silva"]), 2.0)
        self.type_into("search", "pessoa-19")
        self.wait(lambda: len(self.names()) == 99)
        self.assertEqual(self.text("people-count").split(" ")[0], "99")
        self.type_into("search", "ninguém")
        self.wait(lambda: self.names() == [])
        self.type_into("search", "")
        self.wait(lambda: len(self.names()) == 200)
        self.press("rows-more")
        self.wait(lambda: len(self.names()) == 400)


class EnglishTests(BrowserCase):
    """A browser whose language is not Portuguese."""

    def setUp(self) -> None:
        """Make the browser speak English."""
        self.daemon, self.driver = Shared.get()
        agent = self.driver.execute_script("return navigator.userAgent")
        for language in ("pt-BR", "en-US"):
            override = {"userAgent": agent, "acceptLanguage": language}
            if language == "pt-BR":
                self.addCleanup(self.driver.execute_cdp_cmd, "Network.setUserAgentOverride", override)
            else:
                self.driver.execute_cdp_cmd("Network.setUserAgentOverride", override)
        super().setUp()

    def test_it_speaks_english(self) -> None:
        """The page is in English from the first look, says so, and has no Portuguese label left."""
        self.assertEqual(self.find("html").get_attribute("lang"), "en")
        body = self.find("body").text
        for word in ("Who is here", "Messages", "How to get here", "Door-keeping", "Voice relay"):
            self.assertIn(word, body)
        for word in ("Quem", "Mensagens", "Portaria", "Relé", "Fechar"):
            self.assertNotIn(word, body)

    def test_refusals_in_english(self) -> None:
        """What the daemon refuses is said in the page's language."""
        self.driver.execute_script("document.querySelector('#ban [name=tipo]').value = 'chave'")
        self.find("#ban [name=valor]").send_keys("in-casa")
        self.find("#ban button").click()
        self.wait(lambda: self.find("#confirm-yes").is_displayed())
        self.find("#confirm-yes").click()
        self.wait(lambda: self.text("door-problem") == "That did not work: in-casa is not a key.")
        self.driver.get_log("browser")


class EvilSite:
    """A page of another site, which knows the panel's address and is open in the operator's browser."""

    def __init__(self, target: str) -> None:
        page = EVIL.replace("TARGET", target).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        """Serve no more."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


EVIL = """<!doctype html><title>wait</title>
<iframe name="sink"></iframe><iframe id="framed" src="TARGET/"></iframe>
<form id="post" method="post" action="TARGET/api/fechar" target="sink" enctype="text/plain">
<input name='{"a":"' value='"}'></form>
<script>
(async () => {
  const post = {method: "POST", credentials: "include", body: "{}"};
  const tries = [
    fetch("TARGET/api/fechar", {...post, mode: "no-cors"}),
    fetch("TARGET/api/fechar", {...post, headers: {"content-type": "application/json"}}),
    fetch("TARGET/api/nomes", {credentials: "include"})
      .then((answer) => answer.text()).then((text) => { document.body.dataset.read = text; }),
  ];
  document.getElementById("post").submit();
  await Promise.allSettled(tries);
  await new Promise((resolve) => setTimeout(resolve, 800));
  document.title = "done";
})();
</script>"""


class AttackTests(BrowserCase):
    """Other sites in the same browser. The port is another, the host the same: the cookie comes along."""

    def test_another_site_does_nothing(self) -> None:
        """A page of another origin does nothing by form or script, reads nothing, frames nothing."""
        self.client("josefina")
        evil = EvilSite(f"http://127.0.0.1:{self.daemon.panel}")
        self.addCleanup(evil.close)
        self.driver.get(evil.address)
        self.wait(lambda: self.driver.title == "done")
        self.assertIsNone(self.find("body").get_attribute("data-read"))
        self.driver.switch_to.frame("framed")
        self.assertEqual(self.driver.find_elements(By.CSS_SELECTOR, "#stage, #token"), [])
        self.driver.switch_to.default_content()
        complaints = " ".join(entry["message"] for entry in self.driver.get_log("browser"))
        self.assertIn("frame", complaints.lower())
        self.assertTrue(self.can_connect(), "the daemon is still open")

    def test_a_rebound_name_gets_nothing(self) -> None:
        """A name of a stranger's DNS that points at the panel is answered with a refusal, and no page."""
        with socket.create_connection(("127.0.0.1", self.daemon.panel), timeout=PATIENCE) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
            answer = b""
            while data := line.recv(65536):
                answer += data
        self.assertTrue(answer.startswith(b"HTTP/1.1 421 "), answer[:60])
        self.assertNotIn(b"<html", answer)
