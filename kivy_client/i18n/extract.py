"""Babel's extractor for `.kv` files: finds the texts in `words._('…')`.

Named in `babel.cfg`; used by `scripts/catalogues.py` only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import IO

_CALL = re.compile(rb"words\._\(\s*('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\s*\)")
Found = tuple[int, str, str, list[str]]


def extract_kv(source: IO[bytes], *_told: object, **_named: object) -> Iterator[Found]:
    """(line, function, message, comments) for every text of a `.kv` file."""
    for number, line in enumerate(source, start=1):
        for literal in _CALL.findall(line):
            yield number, "_", str(ast.literal_eval(literal.decode("utf-8"))), []
