"""A real browser for the tests of the page: Debian's chromium, headless, with a profile of its own."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-device-scale-factor=1",
    "--force-prefers-reduced-motion",
)


def available() -> bool:
    """Whether the browser and its driver are installed."""
    return shutil.which("chromium") is not None and shutil.which("chromedriver") is not None


@contextmanager
def browser(
    language: str = "pt-BR", size: tuple[int, int] = (1400, 1000), insecure: bool = False
) -> Iterator[WebDriver]:
    """Give a browser; it and its profile are gone afterwards."""
    # The browser may still write while it ends; what it leaves then is not worth a failure.
    with TemporaryDirectory(prefix="sala-chromium-", ignore_cleanup_errors=True) as profile:
        options = Options()
        options.binary_location = str(shutil.which("chromium"))
        for flag in (*_FLAGS, f"--lang={language}", f"--user-data-dir={Path(profile) / 'perfil'}"):
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        options.accept_insecure_certs = insecure
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))
        try:
            driver.set_window_size(*size)
            driver.implicitly_wait(0)
            yield driver
        finally:
            driver.quit()


def phone(driver: WebDriver) -> None:
    """Make the window a phone's."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True},
    )


def colours(driver: WebDriver, scheme: str) -> None:
    """Make the system `light` or `dark`."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def whole_page(driver: WebDriver, path: Path) -> None:
    """Save a picture of the page, all of it."""
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    path.write_bytes(base64.b64decode(shot["data"]))
