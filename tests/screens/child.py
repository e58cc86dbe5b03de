"""The part of the screen tests that needs a window: run as a child, it prints one JSON value.

Usage: ``python -m tests.screens.child JOB`` with SDL_VIDEODRIVER=offscreen; the jobs are the functions in
`JOBS`. The window's size comes from SALA_SIZE (`360x720`), its density from KIVY_METRICS_DENSITY.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kivy_client.screens.window import configure

configure(*(int(side) for side in os.environ.get("SALA_SIZE", "360x720").split("x")))

from kivy.metrics import dp  # noqa: E402 - Kivy reads its configuration at import
from kivy.uix.boxlayout import BoxLayout  # noqa: E402
from kivy.uix.label import Label  # noqa: E402
from kivy.uix.widget import Widget  # noqa: E402

from kivy_client.i18n import tr  # noqa: E402
from kivy_client.screens.qr import NoLinkError, read_link  # noqa: E402
from kivy_client.screens.stage import Stage  # noqa: E402
from kivy_client.session.boundary import RecordingCommands  # noqa: E402
from kivy_client.session.state import Settings  # noqa: E402
from kivy_client.session.vocabulary import Presence  # noqa: E402
from kivy_client.widgets.choose import Gauge, Segment, Segments, SwitchRow  # noqa: E402
from kivy_client.widgets.field import Field  # noqa: E402
from kivy_client.widgets.focus import DOWN, ENTER, RIGHT, TAB  # noqa: E402
from kivy_client.widgets.listing import Listing, ListingRow  # noqa: E402
from kivy_client.widgets.look import look  # noqa: E402
from kivy_client.widgets.parts import Banner  # noqa: E402
from kivy_client.widgets.press import Pressable  # noqa: E402
from kivy_client.widgets.text import Icon, OneLine  # noqa: E402
from tests.screens.examples import ROOM, STATES  # noqa: E402
from tests.screens.scenes import make_stage, save_picture, set_scene, settle  # noqa: E402

BESIDES = ("look_at", "history_seen", "start_check", "stop_check")
"""What screens say by themselves as they come and go."""
PRESSED = (
    *("welcome", "question", "question-changed", "check", "room", "room-waiting", "room-problem"),
    *("outgoing", "incoming", "talking", "talking-ptt", "ended-busy", "ended-refused", "alarm"),
    *("history", "contact", "messages", "settings", "about", "share"),
)
"""The scenes whose buttons are pressed; the others have the same ones."""
ROWS = 2
"""So many rows of a list are pressed; the others are like them."""
FILL = {
    "Arquivo": "/nada/aqui.chave",
    "Outro motivo": "chego às 8",
    "Seu nome": "ana",
    "Servidor": "sala.exemplo",
}
"""What is typed into fields, by how their labels begin; a passphrase into the others."""


def visible(widget: Widget) -> Iterator[Any]:
    """Every widget that is drawn, in reading order."""
    if widget.opacity == 0 or not getattr(widget, "shown", True):
        return
    yield widget
    for child in reversed(widget.children):
        yield from visible(child)


def buttons(root: Widget) -> list[Any]:
    """Everything that can be pressed or slid now."""
    found = [w for w in visible(root) if isinstance(w, Pressable | Gauge) and not w.disabled and w.height > 1]
    return [widget for widget in found if _row(widget) < ROWS]


def _row(widget: Any) -> int:
    """The number of the list's row that a button is, or is in; 0 outside of lists."""
    while widget is not None and widget is not widget.parent:
        if isinstance(widget, ListingRow):
            return int(widget.index)
        widget = widget.parent
    return 0


def label(widget: Any) -> str:
    """What tells a button from the others: its text, else its name, else its class."""
    group = f"{getattr(widget.parent.parent, 'text', '')}: " if isinstance(widget, Segment) else ""
    return group + str(getattr(widget, "text", "") or getattr(widget, "name", "") or type(widget).__name__)


class Presser:
    """Presses the buttons of a scene one by one, each from the same start, and notes what came of it."""

    def __init__(self) -> None:
        self.recorder = RecordingCommands()
        self.stage: Stage = make_stage(self._do)

    def scene(self, name: str) -> dict[str, list[Any]]:
        """Button → what it did, for every button of the scene; `a > b` is a button of the sheet that `a`
        opened.
        """
        noted: dict[str, list[Any]] = {}
        self._start(name)
        for index in range(len(self._front())):
            self._start(name)
            button = self._front()[index]
            key = label(button)
            noted.setdefault(key, self._press(button))
            if self.stage.layer.sheet is not None:
                noted |= self._sheet(name, index, key)
        return noted

    def _sheet(self, name: str, index: int, opener: str) -> dict[str, list[Any]]:
        noted: dict[str, list[Any]] = {}
        for inner in range(len(buttons(self.stage.layer.sheet))):
            self._start(name)
            self._press(self._front()[index])
            self._fill(self.stage.layer.sheet)
            button = buttons(self.stage.layer.sheet)[inner]
            noted[f"{opener} > {label(button)}"] = self._press(button)
        return noted

    def _fill(self, root: Widget) -> None:
        """Type into the fields that are there."""
        for widget in visible(root):
            if isinstance(widget, Field):
                words = [text for start, text in FILL.items() if widget.label.startswith(start)]
                widget.text = words[0] if words else "frase bem secreta"

    def _front(self) -> list[Any]:
        return buttons(self.stage.layer.sheet or self.stage.ids.page)

    def _start(self, name: str) -> None:
        self.stage.close()
        if name in ("history", "welcome", "room"):
            self.stage.screens.pop(name, None)
        set_scene(self.stage, name)
        settle(3)
        self._fill(self.stage.ids.page)
        self.recorder.calls.clear()

    def _press(self, button: Any) -> list[Any]:
        """Press, and tell what came of it."""
        if isinstance(button, Gauge):
            return self.note(lambda: button.dispatch("on_slide", button.high))
        return self.note(button.operate)

    def row_key(self, name: str, key: int) -> list[Any]:
        """Tab to the list of a scene, two rows down, then that key; what came of it."""
        self._start(name)
        for _step in range(20):
            self.stage.key_down(TAB, False)
            if isinstance(self.stage.focus.at, Listing):
                break
        for step in (DOWN, DOWN):
            self.stage.key_down(step, False)
        return self.note(lambda: self.stage.key_down(key, False))

    def note(self, act: Callable[[], object]) -> list[Any]:
        """Do it, and tell: the commands, else where it led."""
        before = self.stage.where
        self.recorder.calls.clear()
        act()
        settle(1)
        calls = [(name, arguments) for name, arguments in self.recorder.calls if name not in BESIDES]
        did: list[Any] = [[name, *map(plain, arguments)] for name, arguments in calls]
        if self.stage.where != before:
            did.append(f"-> {self.stage.where.place.value}")
        if self.stage.layer.sheet is not None:
            did.append("sheet")
        return did

    def _do(self, action: Callable[..., Any], then: Callable[..., None] | None) -> None:
        answer = action(self.recorder.commands)
        if then is not None:
            then(answer)


def plain(value: object) -> object:
    """A value as JSON can carry it; settings as what differs from the example's."""
    if isinstance(value, Settings):
        pairs = {name: getattr(value, name) for name in Settings.__dataclass_fields__}
        changed = {name: new for name, new in pairs.items() if new != getattr(ROOM.settings, name)}
        return {name: new.value if isinstance(new, Enum) else new for name, new in changed.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def press() -> object:
    """Scene → button → what it did."""
    presser = Presser()
    return {name: presser.scene(name) for name in PRESSED}


def fit_once() -> object:
    """The same in Portuguese, at font scale 1 only."""
    return fit(("pt_BR",), (1.0,))


def fit(languages: tuple[str, ...] = ("pt_BR", "en"), scales: tuple[float, ...] = (1.3,)) -> object:
    """Texts that are cut off and touch targets that are too small: (language, scale, scene, what)."""
    stage = make_stage()
    faults = []
    for language in languages:
        tr.switch(language)
        for scale in scales:
            look.grow(scale)
            for name in STATES:
                set_scene(stage, name)
                settle()
                faults += [(language, scale, name, fault) for fault in misfits(stage)]
    return faults


def misfits(stage: Stage) -> Iterator[str]:
    """What does not fit in the scene that is set."""
    for widget in visible(stage):
        if isinstance(widget, Label) and widget.text and not isinstance(widget, Icon):
            yield from _cut(widget, stage)
        if isinstance(widget, Pressable) and not isinstance(widget, Segment) and widget.height > 1:
            yield from _small(widget)
            yield from _outside(widget)


def _small(widget: Any) -> Iterator[str]:
    """A touch target below 48 dp of height, or too narrow for a finger."""
    if widget.height < dp(47.5) or widget.width < dp(35.5):
        yield f"small: {label(widget)} {widget.width:.0f}x{widget.height:.0f}"


def _outside(widget: Any) -> Iterator[str]:
    """A button that reaches beyond the box it is laid out in."""
    box = widget.parent
    if isinstance(box, BoxLayout) and (widget.x < box.x - 1 or widget.right > box.right + 1):
        yield f"beyond its box: {label(widget)} {widget.x:.0f} to {widget.right:.0f} in {box.right:.0f}"


def _cut(widget: Any, stage: Stage) -> Iterator[str]:
    """A text that is shortened though it is ours, drawn larger than its box, or beyond the window."""
    width, height = widget.texture_size
    own = isinstance(widget, OneLine) and not widget.foreign
    if own and widget.is_shortened:
        yield f"shortened: {widget.text}"
    if not isinstance(widget, OneLine) and (width > widget.width + 1 or height > widget.height + 1):
        yield f"larger than its box: {widget.text} {width}x{height} in {widget.width:.0f}x{widget.height:.0f}"
    if not isinstance(widget, OneLine) and widget.text_size[0] and not getattr(widget, "foreign", False):
        yield from _broken(widget)
    left, _bottom = widget.to_window(*widget.pos)
    if left < -1 or left + widget.width > stage.width + 1:
        yield f"beyond the window: {widget.text}"


def _broken(widget: Any) -> Iterator[str]:
    """A word of our own that is wider than its lines, so that it is broken inside."""
    room = widget.text_size[0] - widget.padding[0] - widget.padding[2]
    for word in widget.text.split():
        if (
            word.isalpha() and widget._label.get_extents(word)[0] > room + 1
        ):  # Kivy has no public way to measure
            yield f"broken inside: {word} of {widget.text}"


def keyboard() -> object:
    """Scene → the stops that Tab makes, until it comes round."""
    stage = make_stage()
    stops = {}
    for name in STATES:
        set_scene(stage, name)
        settle(4)
        stops[name] = _tour(stage)
    return stops


def _tour(stage: Stage) -> list[str]:
    seen: list[Any] = []
    for _step in range(80):
        stage.key_down(TAB, False)
        if stage.focus.at is None or stage.focus.at in seen:
            break
        seen.append(stage.focus.at)
    return [label(widget) for widget in seen]


def lists() -> object:
    """What keys do with the rows of lists: scene → key → what came of it, once Tab is at the list and the
    mark two rows down. `a > b` is what Enter on the button `b` of the sheet did that Enter on the row opened.
    """
    presser = Presser()
    seen: dict[str, dict[str, object]] = {}
    for scene in ("room", "history", "messages"):
        seen[scene] = {
            name: presser.row_key(scene, key) for name, key in (("Enter", ENTER), ("right", RIGHT))
        }
        presser.row_key(scene, ENTER)
        sheet = presser.stage.layer.sheet
        for index, button in enumerate(buttons(sheet) if sheet is not None else ()):
            presser.row_key(scene, ENTER)
            for _step in range(index + 1):
                presser.stage.key_down(TAB, False)
            seen[scene][f"Enter > {label(button)}"] = presser.note(
                lambda: presser.stage.key_down(ENTER, False)
            )
    return seen


def languages() -> object:
    """Scene → (texts in Portuguese, texts in English), the same stage switched while it runs."""
    stage = make_stage()
    pairs = {}
    for name in STATES:
        texts = []
        for language in ("pt_BR", "en"):
            tr.switch(language)
            set_scene(stage, name)
            settle(4)
            texts.append(
                [
                    w.text
                    for w in visible(stage)
                    if isinstance(w, Label) and w.text and not isinstance(w, Icon)
                ]
            )
        pairs[name] = texts
    return pairs


def switches() -> object:
    """Whether each switch and choice of the settings shows what the state says, after the state changed."""
    stage = make_stage()
    set_scene(stage, "settings")
    settings = stage.state.settings
    turned = replace(settings, push_to_talk=True, echo_cancel=False, always_relay=True, language="en")
    stage.show(replace(stage.state, settings=turned))
    settle(4)
    rows = {w.text: w.on for w in visible(stage) if isinstance(w, SwitchRow)}
    chosen = {w.parent.text: w.key for w in visible(stage) if isinstance(w, Segments)}
    return {"rows": rows, "chosen": chosen}


def crowd() -> object:
    """Seconds that 5,000 names take: to fill the list, to change one name's state, to draw a scrolled
    frame.
    """
    from time import perf_counter

    stage = make_stage()
    started = perf_counter()
    set_scene(stage, "room-crowd")
    settle()
    filled = perf_counter()
    listing = stage.screens["room"].ids.list
    rows = len(listing.rows())
    listing.scroll_y = 0.5
    settle(2)
    return {
        "rows": rows,
        "names": len(listing.data),
        "fill": filled - started,
        "middle": sorted(r.name for r in listing.rows()),
    }


def kept() -> object:
    """Rows as pictures: whether a row's picture stays while the list moves by less than a row, whether it
    changes with the person's state, with the look, and when another person's row takes it over.
    """
    stage = make_stage()
    set_scene(stage, "room-crowd")
    settle(4, draw=True)
    listing = stage.screens["room"].ids.list
    row = max(listing.rows(), key=lambda one: one.y)
    seen = {"first": row.picture}
    listing.scroll_y -= 0.4 * listing.row_height / (len(listing.data) * listing.row_height - listing.height)
    settle(4, draw=True)
    seen["moved"] = row.picture
    people = stage.state.people
    other = replace(people[0], presence=Presence.BUSY)
    stage.show(replace(stage.state, people=(other, *people[1:])))
    settle(4, draw=True)
    seen["busy"] = row.picture
    look.wear("escuro", False)
    settle(4, draw=True)
    seen["dark"] = row.picture
    listing.scroll_y = 0.5
    settle(4, draw=True)
    seen["another"] = max(listing.rows(), key=lambda one: one.y).picture
    x, y = listing.g_translate.xy
    numbers = {name: zlib.crc32(pixels) for name, pixels in seen.items()}
    return numbers | {"whole": x == round(x) and y == round(y)}


def places() -> object:
    """Where a call's and the room's buttons are, and how high the banners: before one comes, while it is
    there, and after it went.
    """
    stage = make_stage()
    seen = {}
    for calm, told in (("talking", "talking-long"), ("room", "room-problem")):
        noted = []
        for name in (calm, told, calm):
            set_scene(stage, name)
            settle(6)
            tops = [int(w.y) for w in visible(stage) if isinstance(w, Pressable) and w.height > 1][:4]
            banners = sum(int(w.height) for w in stage.ids.page.walk() if isinstance(w, Banner))
            noted.append([*tops, banners])
        seen[calm] = noted
    return seen


def export() -> object:
    """What is asked and sent when the identity is written to a file that exists: before and after «yes»."""
    presser = Presser()
    with TemporaryDirectory() as folder:
        target = Path(folder) / "minha.chave"
        target.write_text("de outra pessoa")
        presser._start("settings")
        screen: Any = presser.stage.screens["settings"]
        screen._export(str(target), "frase bem secreta")
        asked = presser.stage.layer.sheet
        before = len(presser.recorder.calls)
        yes = buttons(asked)[0]
        yes.operate()
        sent = [[name, *map(plain, arguments)] for name, arguments in presser.recorder.calls]
        return {
            "asked": asked.title,
            "before": before,
            "yes": yes.text,
            "sent": sent[0][0],
            "replace": sent[0][3],
            "open": presser.stage.layer.sheet is not None,
        }


def address() -> object:
    """Where a long link in the field of the server begins: (cursor, how far it is scrolled) while nobody
    types, and while somebody does.
    """
    stage = make_stage()
    set_scene(stage, "welcome")
    settle(4)
    screen: Any = stage.screens["welcome"]
    screen.server = "sala://conversa.exemplo.org:5000/#" + "k3x7q2mz5rta" * 5
    settle(4)
    fields = [w for w in visible(stage) if isinstance(w, Field) and w.text == screen.server]
    entry: Any = fields[0].entry
    still = (entry.cursor[0], entry.scroll_x)
    entry.focus = True
    settle(4)
    entry.do_cursor_movement("cursor_end")
    settle(4)
    typing = entry.scroll_x > 0
    entry.focus = False
    settle(4)
    return {"still": still, "typing": typing, "left": (entry.cursor[0], entry.scroll_x)}


def picture() -> object:
    """Draw an invitation, save what the window shows, and read the link out of the picture again."""
    stage = make_stage()
    set_scene(stage, "share")
    settle(4, draw=True)
    found: dict[str, object] = {"shown": stage.screens["share"].link}
    with TemporaryDirectory() as folder:
        drawn, blank, noise = (Path(folder) / name for name in ("drawn.png", "blank.png", "noise.png"))
        save_picture(drawn)
        set_scene(stage, "room")
        settle(4, draw=True)
        save_picture(blank)
        noise.write_bytes(b"\x89PNG\r\n" + bytes(range(256)))
        for path in (drawn, blank, noise, Path(folder) / "nobody.png"):
            try:
                found[path.stem] = read_link(str(path))
            except NoLinkError as why:
                found[path.stem] = f"no: {why}"
    return found


JOBS: dict[str, Callable[[], object]] = {
    job.__name__: job
    for job in (
        press,
        fit,
        fit_once,
        keyboard,
        lists,
        languages,
        switches,
        crowd,
        kept,
        places,
        export,
        address,
        picture,
    )
}

if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]]()))  # noqa: T201 - the answer to the test that started it
