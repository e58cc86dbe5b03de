"""What the person keeps about names, per registry, on disk."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from kivy_client.session.files import JsonFile, TroubleSink
from kivy_client.session.state import Contact

MOST_GAIN = 20.0
MOST_CONTACTS = 10_000


class Contacts:
    """Contacts by registry (`host:port`) and name."""

    FILE = "contatos.json"

    def __init__(self, folder: Path, trouble: TroubleSink) -> None:
        self._file = JsonFile(folder / self.FILE, trouble)
        self._all: dict[str, dict[str, Contact]] = self._file.load(_read, {})

    def of(self, server: str) -> dict[str, Contact]:
        """Return the contacts at a registry, by name."""
        return self._all.get(server, {})

    def get(self, server: str, name: str) -> Contact:
        """Return what is kept about a name; an empty contact if nothing is."""
        return self.of(server).get(name) or Contact(name)

    def change(self, server: str, name: str, **changes: Any) -> bool:
        """Change a contact, making it if need be; one that says nothing any more is removed.

        True if it is new.
        """
        old = self.get(server, name)
        new = replace(old, **changes)
        if new == old:
            return False
        known = self._all.setdefault(server, {})
        if new == Contact(name):
            known.pop(name, None)
        elif len(known) < MOST_CONTACTS or name in known:
            known[name] = new
        self._save()
        return True

    def forget(self, server: str, name: str) -> bool:
        """Remove a contact; False if there is none."""
        if self.of(server).get(name) is None:
            return False
        del self._all[server][name]
        self._save()
        return True

    def _save(self) -> None:
        self._file.save(
            {
                server: [asdict(contact) for _, contact in sorted(known.items())]
                for server, known in self._all.items()
            }
        )


def _read(content: Any) -> dict[str, dict[str, Contact]]:
    return {
        str(server): {contact.name: contact for contact in map(_read_contact, list(known))}
        for server, known in dict(content).items()
    }


def _read_contact(fields: dict[str, Any]) -> Contact:
    contact = Contact(**fields)
    flags = [value for key, value in fields.items() if key not in ("name", "gain_db")]
    if not all(isinstance(flag, bool) for flag in flags) or not isinstance(fields["name"], str):
        raise TypeError("a contact that is none")
    if not -MOST_GAIN <= contact.gain_db <= MOST_GAIN:
        raise ValueError("a gain out of range")
    return contact
