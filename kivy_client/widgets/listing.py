"""A long list: a RecycleView with the slim bar, one stop for Tab, and a mark that the arrows move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.recycleview import RecycleView
from kivy.uix.recycleview.views import RecycleDataViewBehavior

from kivy_client.widgets.area import EFFECT, moving
from kivy_client.widgets.focus import DOWN, ENTER, KEYPAD_ENTER, RIGHT, SPACE, UP, Focusable
from kivy_client.widgets.kept import Kept
from kivy_client.widgets.look import load_kv
from kivy_client.widgets.press import Pressable

__all__ = ["Listing", "ListingRow"]


class ListingRow(Kept, RecycleDataViewBehavior, Pressable, BoxLayout):
    """One row, kept as a picture; subclasses say in `apply` what an item looks like.  Rows are reused as the
    list scrolls.
    """

    index = NumericProperty(0)
    item = ObjectProperty(None, allownone=True)
    list = ObjectProperty(None, allownone=True)
    active = BooleanProperty(False)
    focus_wanted = BooleanProperty(False)

    def refresh_view_attrs(self, recycle: Any, index: int, data: dict[str, Any]) -> None:
        """Take another item over: called by the RecycleView."""
        self.index = index
        self.list = recycle
        self.active = recycle.active == index
        self.item = data["item"]
        self.apply(self.item)

    def apply(self, item: Any) -> None:
        """Show this item."""

    def on_release(self) -> None:
        """A tap on the row."""
        self.list.owner.tapped(self.item)


class Listing(Focusable, RecycleView):
    """Rows of equal height.  `owner.tapped(item)` is called by a tap, and by Enter on the marked row;
    `owner.details(item)`, where it has that, by the arrow to the right.
    """

    scroll_y: Any
    active = NumericProperty(-1)
    owner = ObjectProperty(None, allownone=True)
    row_height = NumericProperty(72)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"effect_cls": EFFECT} | kwargs))

    @property
    def items(self) -> list[Any]:
        """What is listed."""
        return [row["item"] for row in self.data]

    def fill(self, items: list[Any], same: bool = False) -> None:
        """List these; where `same` (the same things in the same order), rows in sight are painted and
        nothing moves.
        """
        if not same:
            self.active = -1
            self.data = [{"item": item} for item in items]
            return
        for row, item in zip(self.data, items, strict=True):
            row["item"] = item
        self.repaint()

    def repaint(self) -> None:
        """Paint the rows in sight again."""
        for row in self.rows():
            if row.index < len(self.data):
                row.item = self.data[row.index]["item"]
                row.apply(row.item)

    def update_from_scroll(self, *args: Any) -> None:
        """Move by whole pixels, so that the rows' pictures stay sharp."""
        super().update_from_scroll(*args)
        self.g_translate.xy = tuple(round(part) for part in self.g_translate.xy)

    def rows(self) -> list[Any]:
        """The rows in sight."""
        layout = self.layout_manager
        return [row for row in layout.children if isinstance(row, ListingRow)] if layout else []

    def on_scroll_y(self, _list: Listing, _at: float) -> None:
        """It moves: perhaps by itself, after a fling."""
        moving.move()

    def on_active(self, _list: Listing, active: int) -> None:
        """Mark the row."""
        for row in self.rows():
            row.active = row.index == active

    def on_focused(self, _list: Listing, focused: bool) -> None:
        """The mark shows only with the focus."""
        self.active = max(0, self.active) if focused and self.data else -1

    def can_focus(self) -> bool:
        """An empty list is no stop."""
        return bool(self.data) and super().can_focus()

    def take_key(self, key: int) -> bool:
        """Arrows move the mark; at the ends they leave the list."""
        marked = self.data[self.active]["item"] if 0 <= self.active < len(self.data) else None
        if key in (UP, DOWN):
            wanted = self.active + (1 if key == DOWN else -1)
            if not 0 <= wanted < len(self.data):
                return False
            self.active = wanted
            self._reveal(wanted)
            return True
        act = self._acts().get(key)
        if act is None or marked is None:
            return False
        act(marked)
        return True

    def _acts(self) -> dict[int, Callable[[Any], None]]:
        """What keys do with the marked row."""
        acts = dict.fromkeys((ENTER, KEYPAD_ENTER, SPACE), self.owner.tapped)
        details = getattr(self.owner, "details", None)
        return acts if details is None else acts | {RIGHT: details}

    def _reveal(self, index: int) -> None:
        """Scroll so that this row is in sight."""
        spare = len(self.data) * self.row_height - self.height
        if spare <= 0:
            return
        top, bottom = index * self.row_height, (index + 1) * self.row_height
        offset = (1.0 - float(self.scroll_y)) * spare
        wanted = min(top, max(offset, bottom - self.height))
        self.scroll_y = 1.0 - min(spare, max(0.0, wanted)) / spare


load_kv(__file__)
