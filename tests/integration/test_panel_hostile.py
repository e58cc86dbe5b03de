"""Names that no registry would accept, on the page all the same: whatever a name holds, it is text."""

from __future__ import annotations

import time
from pathlib import Path

from selenium.webdriver.common.by import By
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from registro.panel.access import PANEL_FILE
from registro.panel.service import PanelService, PanelSetup
from registro.panel.status import BanKind
from registro.panel.where import parse_place
from tests.integration.test_panel_browser import Shared
from tests.support.browser import available
from tests.support.panel_house import ExampleHouse

HOSTILE = (
    "<script>document.title='pego'</script>",
    "<img src=x onerror=\"document.title='pego'\">",
    "'\"><b>x</b>",
    "{{7*7}}${7*7}",
    "\u202egnp.eganosrep",
    "a\u0000b\u001b[31m",
    "x" * 300,
    "__proto__",
    "constructor",
    "</li></ul><form action=//evil.example>",
)


class HostileTests(TestCase):
    """A panel on an example daemon, in this process; the browser is asked from a thread."""

    timeout = 90
    if not available():
        skip = "chromium and chromedriver are not installed"

    def setUp(self) -> None:
        """Start a panel whose people, messages, calls, reasons and errors are hostile."""
        state = Path(self.mktemp())
        state.mkdir()
        house = ExampleHouse(time.time)
        for name in HOSTILE:
            house.join(name, address=name, state=name)
            house.say("<", name, f"{name} {name}")
            house.own(name)
            house.ban(BanKind.NAME, f"ban{name}", name)
            house.invite(name)
            house.err(name)
        house.call(HOSTILE[0], HOSTILE[1], path=HOSTILE[2])
        place = parse_place("tcp:0")
        assert place is not None
        said: list[str] = []
        setup = PanelSetup(place, state, (), lambda: None, said.append)  # type: ignore[arg-type,return-value]
        self.panel = PanelService(reactor, reactor, house, setup)  # type: ignore[arg-type]
        self.panel.startService()
        assert self.panel.port is not None
        port = self.panel.port.getHost().port  # type: ignore[attr-defined]
        self.link = f"http://127.0.0.1:{port}/entrar#{(state / PANEL_FILE).read_text().strip()}"
        self.addCleanup(self.panel.stopService)

    def test_it_is_all_text(self) -> Deferred[None]:
        """Every hostile text stands on the page as it is written, nothing of it became a part of the page."""
        return deferToThread(self.browse)

    def browse(self) -> None:
        """Look at everything, in a thread."""
        _, driver = Shared.get()
        try:
            driver.get("about:blank")
            driver.get(self.link)
            shown = "return [...document.querySelectorAll(arguments[0])].map((node) => node.textContent)"
            end = time.monotonic() + 20
            while len(driver.execute_script(shown, "#rows .who")) < len(HOSTILE) and time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(set(driver.execute_script(shown, "#rows .who")), set(HOSTILE))
            self.assertTrue(set(HOSTILE) <= set(driver.execute_script(shown, "#log .peer")))
            self.assertTrue(set(HOSTILE) <= set(driver.execute_script(shown, "#faults-list bdi")))
            for tab in ("bans", "invitations", "names"):
                driver.find_element(By.ID, f"tab-{tab}").click()
                while not driver.execute_script(shown, f"#{tab} li") and time.monotonic() < end:
                    time.sleep(0.1)
                self.assertEqual(len(driver.execute_script(shown, f"#{tab} li")), len(HOSTILE))
            made = "script:not([src]), main img:not(#qr), main form:not([id]), b:not(.verb), #rows a"
            self.assertEqual(driver.execute_script(shown, made), [])
            self.assertEqual(driver.title, "Sala de Conversa · registro")
        finally:
            # The page is left before its panel stops, or it would wait for it for good.
            driver.get("about:blank")
