"""The keyboard alone can do everything: one order of focus per window, visible, without Kivy's
soft-keyboard side.

Whatever can be operated is a `Focusable`.  The `FocusRing` knows the part of the tree that is in front (a
sheet, else the screen), moves between its focusables in reading order, and operates the one that has the
focus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kivy.properties import BooleanProperty
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

TAB, ENTER, KEYPAD_ENTER, SPACE, ESCAPE = 9, 13, 271, 32, 27
UP, DOWN, RIGHT, LEFT = 273, 274, 275, 276


class Focusable:
    """Mixed into a widget: it can hold the keyboard's focus (`focused`) and be operated by keys."""

    focused = BooleanProperty(False)
    focus_wanted = BooleanProperty(True)

    def take_key(self, key: int) -> bool:
        """A key while focused; True when it meant something here."""
        if key in (ENTER, KEYPAD_ENTER, SPACE):
            self.operate()
            return True
        return False

    def operate(self) -> None:
        """Do what a tap would do."""

    def can_focus(self) -> bool:
        """Whether Tab stops here now."""
        widget: Any = self
        return bool(self.focus_wanted and not widget.disabled and widget.opacity > 0 and widget.height > 1)


class FocusRing:
    """Moves the focus within what `front()` returns."""

    def __init__(self, front: Callable[[], Widget]) -> None:
        self._front = front
        self.at: Any = None

    def clear(self) -> None:
        """Nothing has the focus: a touch came, or the screen changed."""
        if self.at is not None:
            self.at.focused = False
        self.at = None

    def move(self, step: int) -> None:
        """To the next (+1) or former (-1) in reading order, round the end."""
        stops = list(focusables(self._front()))
        if not stops:
            self.clear()
            return
        at = self.at if self.at in stops else next((stop for stop in stops if stop.focused), None)
        here = stops.index(at) if at is not None else (-1 if step > 0 else 0)
        self.give(stops[(here + step) % len(stops)])

    def give(self, widget: Any) -> None:
        """Put the focus on this widget and scroll it into sight."""
        self.clear()
        self.at = widget
        widget.focused = True
        _reveal(widget)

    def key(self, key: int, shift: bool) -> bool:
        """A key that no text field took; True when it was used."""
        if key == TAB:
            self.move(-1 if shift else 1)
            return True
        if self.at is not None and self.at.get_root_window() is None:
            self.clear()
        if self.at is not None and self.at.take_key(key):
            return True
        if key in (UP, DOWN):
            self.move(1 if key == DOWN else -1)
            return True
        return False


def focusables(widget: Widget) -> Iterator[Any]:
    """Every widget below (and with) this one where Tab stops, in reading order."""
    if widget.opacity == 0 or widget.disabled:
        return
    if isinstance(widget, Focusable) and widget.can_focus():
        yield widget
    for child in reversed(widget.children):
        yield from focusables(child)


def _reveal(widget: Any) -> None:
    """Scroll the nearest scrolling parent so that the widget is seen."""
    parent = widget.parent
    while parent is not None and parent is not parent.parent:
        if isinstance(parent, ScrollView):
            parent.scroll_to(widget, padding=24, animate=False)
            return
        parent = parent.parent
