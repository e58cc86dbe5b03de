"""Test cases whose clients of a real daemon are closed when they end."""

from __future__ import annotations

from typing import Any, TypeVar

from twisted.trial.unittest import SynchronousTestCase

from tests.support.daemon_process import PlainClient
from tests.support.secure_client import SecureClient

_Client = TypeVar("_Client", bound=PlainClient)


class ClientCase(SynchronousTestCase):
    """Tests whose clients are closed when they end."""

    def secure(self, *args: Any, **kwargs: Any) -> SecureClient:
        """Connect by TLS."""
        return self._kept(SecureClient(*args, **kwargs))

    def plain(self, *args: Any, **kwargs: Any) -> PlainClient:
        """Connect to the plain endpoint."""
        return self._kept(PlainClient(*args, **kwargs))

    def _kept(self, client: _Client) -> _Client:
        self.addCleanup(client.close)
        return client
