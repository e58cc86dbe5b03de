"""The rows of the room: the table, the contacts, the pins and the alarms joined, and kept in order. Pure."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable

from kivy_client.session.state import Person

Order = tuple[bool, str, str]

#: Makes the row of a name; None when the name has no row.
MakeRow = Callable[[str], Person | None]


class People:
    """A sorted list of rows that is changed row by row; `rows` is the same object until something changed."""

    def __init__(self, make: MakeRow) -> None:
        self._make = make
        self._orders: list[Order] = []
        self._rows: dict[str, Person] = {}
        self._cached: tuple[Person, ...] | None = ()

    @property
    def rows(self) -> tuple[Person, ...]:
        """All rows in their order."""
        if self._cached is None:
            self._cached = tuple(self._rows[order[2]] for order in self._orders)
        return self._cached

    def get(self, name: str) -> Person | None:
        """The row of a name."""
        return self._rows.get(name)

    def update(self, names: Iterable[str]) -> bool:
        """Make these rows anew; True if one is different now."""
        changed = [self._update(name) for name in dict.fromkeys(names)]
        return any(changed)

    def _update(self, name: str) -> bool:
        old, new = self._rows.get(name), self._make(name)
        if old == new:
            return False
        if old is not None:
            del self._rows[name]
            del self._orders[bisect_left(self._orders, old.order)]
        if new is not None:
            self._rows[name] = new
            insort(self._orders, new.order)
        self._cached = None
        return True
