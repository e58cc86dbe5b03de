"""Fills the tables, lists and pictures of docs/protocol.md from the code, between their marks.

python scripts/protocol_page.py          writes the page anew
python scripts/protocol_page.py --check  exit status 1 if it is not what the code says
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import MISSING, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from registro import call, session  # noqa: E402
from registro.storage.interface import MISSED_PER_NAME, MISSED_SECONDS  # noqa: E402
from registro.tap import LIMIT_OPTIONS, Options  # noqa: E402
from registro.wire import errors, keys  # noqa: E402
from registro.wire.limits import Limits  # noqa: E402
from registro.wire.messages import ALL, Message, PedidoRegistro, Way  # noqa: E402
from voz.words import WORDS  # noqa: E402

PAGE = ROOT / "docs" / "protocol.md"
_BLOCK = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)
_WAYS = {Way.CLIENT: "C→S", Way.REGISTRY: "S→C", Way.BOTH: "↔"}
_KINDS = {
    keys.TEXT: "text",
    keys.NUMBER: "number",
    keys.LIST: "list",
    keys.BYTES: "bytes",
    keys.B16: "16 bytes",
    keys.B32: "32 bytes",
    keys.B64: "64 bytes",
}


def _key(cls: type[Message], name: str, default: object) -> str:
    asked = default is MISSING or (cls is PedidoRegistro and name == "versao")
    must = (" (C)" if name in cls.CLIENT_MUST else "") + (" (S)" if name in cls.REGISTRY_MUST else "")
    shown = f"`{name}`{must}"
    return shown if asked or must else f"[{shown}]"


def messages() -> str:
    """Make the table of the verbs."""
    rows = ["| verb | way | keys | meaning |", "|---|---|---|---|"]
    for verbo, cls in ALL.items():
        names = cls.ORDER or [f.name for f in fields(cls)]
        defaults = {f.name: f.default for f in fields(cls)}
        shown = " ".join(_key(cls, name, defaults[name]) for name in names)
        meaning = (cls.__doc__ or "").partition("\n")[0]
        rows.append(f"| `{verbo}` | {_WAYS[cls.WRITER]} | {shown} | {meaning} |")
    return "\n".join(rows)


def kinds() -> str:
    """Make the list of the keys by the kind of their value."""
    rows = ["| kind | keys |", "|---|---|"]
    for kind, name in _KINDS.items():
        found = " ".join(f"`{key}`" for key, its in keys.KINDS.items() if its is kind)
        rows.append(f"| {name} | {found} |")
    return "\n".join(rows)


def codes() -> str:
    """Make the table of the codes, and of who may say them."""
    rows = ["| key | in | values | of them by a client |", "|---|---|---|---|"]
    for cls in ALL.values():
        for key, allowed in cls.VALUES.items():
            own = cls.CLIENT_VALUES.get(key, allowed if cls.WRITER is Way.CLIENT else frozenset())
            rows.append(f"| `{key}` | `{cls.VERBO}` | {_values(allowed)} | {_values(own) or '-'} |")
    return "\n".join(rows)


def _values(allowed: frozenset[str]) -> str:
    order = next((enum for enum in _enums() if allowed <= set(enum)), None)
    known = [str(value) for value in order or sorted(allowed) if value in allowed]
    return " ".join(f"`{value}`" for value in known)


def _enums() -> list[type[StrEnum]]:
    return [errors.Codigo, errors.Encerramento, errors.Recusa, errors.Fim, errors.Estado]


def limits() -> str:
    """Make the table of the limits with their options."""
    listed = {item.split(":")[0]: item.split(":")[1] for item in Limits().listed()}
    rows = ["| limit | default | in OLA | what it holds |", "|---|---|---|---|"]
    rows.append(f"| `linha` | {listed['linha']} | yes | bytes of a line, its end included (no option) |")
    for name, default, text, least, most in LIMIT_OPTIONS:
        in_ola = "yes" if name in listed else "-"
        rows.append(f"| `--{name}` | {default} | {in_ola} | {text} ({least} to {most}) |")
    days = MISSED_SECONDS // 86400
    rows.append(f"| missed calls | {MISSED_PER_NAME} a name, {days} days | - | `CONVITE-PERDIDO` |")
    return "\n".join(rows)


def options() -> str:
    """Make the table of the daemon's options, without the limits'."""
    limited = {name for name, *_ in LIMIT_OPTIONS}
    rows = ["| option | default | what it does |", "|---|---|---|"]
    for name, short, default, text in Options.optParameters:
        if name not in limited:
            also = f", `-{short}`" if short else ""
            rows.append(f"| `--{name}`{also} | {f'`{default}`' if default else '-'} | {text} |")
    for name, short, text in Options.optFlags:
        also = f", `-{short}`" if short else ""
        rows.append(f"| `--{name}`{also} | off | {text} |")
    return "\n".join(rows)


def words() -> str:
    """Make the numbered list of the 256 words."""
    width = max(map(len, WORDS))
    lines = []
    for start in range(0, 256, 8):
        row = " ".join(word.ljust(width) for word in WORDS[start : start + 8])
        lines.append(f"{start:3}  {row}".rstrip())
    return "```\n" + "\n".join(lines) + "\n```"


def machine(builder: Any) -> str:
    """Draw an Automat machine as a Mermaid state diagram, which forges show as a picture."""
    automaton = builder._automaton
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, happens, following, _ in automaton.allTransitions():
        arrows.setdefault((state.name, following.name), []).append(happens)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {automaton.initialState.name}"]
    for (start, end), inputs in sorted(arrows.items()):
        lines.append(f"    {start} --> {end}: {', '.join(sorted(inputs))}")
    return "\n".join([*lines, "```"])


BLOCKS: dict[str, Callable[[], str]] = {
    "messages": messages,
    "kinds": kinds,
    "codes": codes,
    "limits": limits,
    "options": options,
    "words": words,
    "session": lambda: machine(session.machine),
    "call": lambda: machine(call.machine),
}


def filled(page: str) -> str:
    """Return the page with every block as the code says."""
    return _BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}\n{found[3]}", page)


def main() -> int:
    """Write the page, or compare it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--check", action="store_true", help="change nothing; say whether it is current")
    check = asked.parse_args().check
    page = PAGE.read_text(encoding="utf-8")
    current = filled(page)
    if check:
        return int(page != current)
    PAGE.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
