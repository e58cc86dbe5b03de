"""Who may knock on whose door: the architecture's rules, read from the imports by ``ast``."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("registro", "voz", "kivy_client")

# What a package may import of its neighbours.
NEIGHBOURS = {
    "registro": (),
    "voz": (),
    "kivy_client": ("registro.wire", "voz"),
}
# Floor 0 is pure: bytes and numbers in and out. Floor 1 is what a room does with them; floor 2 brings sockets
# and processes; floor 3 is what people start. A module stands on the floor of its longest prefix here.
FLOORS = {
    "registro": {
        "registro.wire": 0,
        "registro.admission": 1,
        "registro.call": 1,
        "registro.directory": 1,
        "registro.identity": 1,
        "registro.presence": 1,
        "registro.session": 1,
        "registro.storage": 1,
        "registro.switchboard": 1,
        "registro.counters": 1,
        "registro.ed25519": 1,
        "registro.quicken": 1,
        "registro.refusal": 1,
        "registro": 2,
        "registro.tap": 3,
    },
    "voz": {
        "voz": 1,
        **dict.fromkeys(
            (
                "voz.candidates",
                "voz.clock",
                "voz.adapt",
                "voz.crypto",
                "voz.reporting.course",
                "voz.reporting.diagnosis",
                "voz.handshake",
                "voz.playout",
                "voz.packet",
                "voz.reporting.reception",
                "voz.reporting.reports",
                "voz.resample",
                "voz.reporting.rtcp",
                "voz.stats",
                "voz.stun",
                "voz.words",
            ),
            0,
        ),
        # The room of play-out needs the codec's type of sound and no more.
        "voz.codec": 0,
        "voz.session": 2,
        "voz.net": 2,
        "voz.talk": 2,
        "voz.relay.tap": 3,
        "voz.relay.__main__": 3,
    },
}
# The clock of the media is on floor 0 and is given a reactor; everything else there has no I/O at all.
NEEDS_REACTOR = ("voz.clock",)
KIVY_ROOMS = ("kivy_client.app", "kivy_client.bridge", "kivy_client.screens", "kivy_client.widgets")
JNIUS_ROOMS = ("voz.device.android", "kivy_client.platforms.android")
ENTRY_POINTS = (
    "registro.tap",
    "registro.service",
    "voz.relay.__main__",
    "voz.relay.tap",
    "kivy_client.app",
    "kivy_client.bridge",
    "kivy_client.cli",
)


@lru_cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Return (dotted name, syntax tree) of every module of ours."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append((name, ast.parse(path.read_text(encoding="utf-8"), str(path))))
    return tuple(found)


def imports(name: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield (dotted target, line) for every import anywhere in the module, relative ones resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*name.split(".")[: -node.level], *([base] if base else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def inside(name: str, rooms: tuple[str, ...]) -> bool:
    """Tell whether the dotted name is one of the rooms or lies in one."""
    return any(name == room or name.startswith(room + ".") for room in rooms)


def floor(name: str, table: dict[str, int]) -> int:
    """Return the floor of the longest prefix of the name that the table knows."""
    known = [prefix for prefix in table if inside(name, (prefix,))]
    return table[max(known, key=len)]


class FloorTests(SynchronousTestCase):
    """The imports of the three packages keep to the plan."""

    def offenders(self, allowed: "object") -> list[str]:
        """Return 'module:line imports target' for every import that the callable refuses."""
        assert callable(allowed)
        return [
            f"{name}:{line} imports {target}"
            for name, tree in modules()
            for target, line in imports(name, tree)
            if not allowed(name, target)
        ]

    def test_something_is_read(self) -> None:
        """The rules are held against real modules, not against an empty folder."""
        self.assertGreater(len(modules()), 20)

    def test_neighbours(self) -> None:
        """A package imports of its neighbours only what is agreed: the wire and the voice, never upwards."""

        def allowed(name: str, target: str) -> bool:
            package = name.split(".")[0]
            foreign = [other for other in PACKAGES if other != package and inside(target, (other,))]
            return not foreign or inside(target, NEIGHBOURS[package])

        self.assertEqual(self.offenders(allowed), [])

    def test_downwards(self) -> None:
        """Inside a package imports go down or stay on their floor."""

        def allowed(name: str, target: str) -> bool:
            table = FLOORS.get(name.split(".")[0])
            if table is None or not inside(target, (name.split(".")[0],)):
                return True
            return floor(target, table) <= floor(name, table)

        self.assertEqual(self.offenders(allowed), [])

    def test_ground_floor_is_pure(self) -> None:
        """Floor 0 knows neither Twisted nor sockets."""

        def allowed(name: str, target: str) -> bool:
            table = FLOORS.get(name.split(".")[0])
            if table is None or floor(name, table) or inside(name, NEEDS_REACTOR):
                return True
            return not inside(target, ("twisted", "socket", "asyncio", "subprocess"))

        self.assertEqual(self.offenders(allowed), [])

    def test_kivy_stays_upstairs(self) -> None:
        """Kivy is imported by the window's rooms alone; everything below runs without a screen."""
        self.assertEqual(
            self.offenders(lambda name, target: not inside(target, ("kivy",)) or inside(name, KIVY_ROOMS)), []
        )

    def test_android_stays_in_its_rooms(self) -> None:
        """Java is reached from the two Android rooms alone."""
        self.assertEqual(
            self.offenders(lambda name, target: not inside(target, ("jnius",)) or inside(name, JNIUS_ROOMS)),
            [],
        )

    def test_reactor_comes_as_an_argument(self) -> None:
        """Only entry points touch the global reactor."""
        self.assertEqual(
            self.offenders(
                lambda name, target: target != "twisted.internet.reactor" or inside(name, ENTRY_POINTS)
            ),
            [],
        )

    def test_logic_has_no_clock_of_its_own(self) -> None:
        """Time is an argument: the pure rooms never read the wall clock."""

        def allowed(name: str, target: str) -> bool:
            table = FLOORS.get(name.split(".")[0])
            pure = table is not None and floor(name, table) == 0
            return not (pure and inside(target, ("time", "datetime")))

        self.assertEqual(self.offenders(allowed), [])

    def test_twisted_is_not_shadowed(self) -> None:
        """The plugin folder stays a namespace: an ``__init__.py`` there would hide Twisted itself."""
        self.assertEqual([str(path) for path in (ROOT / "twisted").rglob("__init__.py")], [])
