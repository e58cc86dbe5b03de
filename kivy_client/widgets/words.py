"""The translator as a Kivy object: a `.kv` rule that says `words._("…")` follows a change of language."""

from __future__ import annotations

from functools import partial
from typing import Any

from kivy.event import EventDispatcher
from kivy.properties import ObjectProperty

from kivy_client.i18n import tr


class Words(EventDispatcher):
    """Holds the translating function in a property that is set anew, and so dispatched, at each change."""

    _ = ObjectProperty(None)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.refresh()
        tr.listen(self.refresh)

    def refresh(self) -> None:
        """Make every rule that mentions `words._` evaluate again."""
        self._ = partial(tr.text)


words = Words()
