"""What names look like in small: initials."""

from __future__ import annotations


def initials(name: str) -> str:
    """One or two letters that stand for a name: of its first two parts, else its first letter."""
    parts = [part for part in name.replace("_", ".").replace("-", ".").split(".") if part]
    return "".join(part[0] for part in parts[:2]).upper()
