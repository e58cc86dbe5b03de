"""The short way for the commonest line: a look-up of a connected name, plainly spelled.

It answers what `requests.look_up` answers, byte for byte, and leaves all else to it: a test compares them.
"""

from __future__ import annotations

import re

from registro.office import Office

_ASKED = re.compile(rb"PEDIDO-CONSULTA (0|[1-9][0-9]{0,8}) nome=([a-z0-9._-]{1,32})\r?\n").fullmatch


def look_up(office: Office, line: bytes) -> bytes | None:
    """Return the answer to a look-up of a connected name; None for any other line."""
    asked = _ASKED(line)
    if asked is None:
        return None
    seq, nome = asked.groups()
    entry = office.directory.entries.get(nome.decode())
    if entry is None:
        return None
    office.counters.found += 1
    return b"CONSULTA-BEM-SUCEDIDA %b%b" % (seq, entry.tail)
