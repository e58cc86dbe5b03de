"""The connection to the registry follows its person to another network, in the laboratory."""

from __future__ import annotations

import time

from tests.integration.test_survival_calls import CallCase, Client
from tests.support.lab import note

AT_ONCE = 1.5
"""Seconds in which the name is registered again from the new address: a TLS handshake over the laboratory's
line, and what a busy machine adds; to find out by signs of life takes 10 to 30."""


class MoveTests(CallCase):
    """Somebody who waits for a call."""

    def test_registered_again_at_once(self) -> None:
        """From Wi-Fi to the cable, without a call: the name is registered from the new address at once."""
        ana = Client(self, "ana", "atender", "--sem-som")
        ana.wait_for("esperando uma chamada")
        self.lab.up("ana", "cable")
        since = time.monotonic()
        self.lab.down("ana", "wlan")
        while ana.log.read_text(errors="replace").count("REGISTRO-BEM-SUCEDIDO") < 2:
            self.assertLess(time.monotonic() - since, 10.0, ana.log.read_text(errors="replace"))
            time.sleep(0.01)
        taken = time.monotonic() - since
        note("client: registered again after a move", seconds=round(taken, 2))
        self.assertLess(taken, AT_ONCE)
