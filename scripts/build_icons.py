"""Cut the icon font down to the icons the client uses.

Usage: ``python scripts/build_icons.py FOLDER`` where FOLDER is the unpacked npm package ``@mdi/font``.
Reads the wanted names from ``kivy_client/theme/icons.txt``, looks their code points up in the package's own
style sheet, and writes ``kivy_client/assets/fonts/icons.ttf`` and ``kivy_client/theme/icons.py``.  Needs
fonttools.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from fontTools import subset

CLIENT = Path(__file__).resolve().parent.parent / "kivy_client"
HEADER = (
    '"""Code points of the icons in ``assets/fonts/icons.ttf``; written by ``scripts/build_icons.py``."""\n\n'
)


def code_points(package: Path, names: list[str]) -> dict[str, int]:
    """Look up each name in the package's style sheet; a name it does not have is a KeyError."""
    sheet = (package / "css" / "materialdesignicons.css").read_text()
    known = dict(re.findall(r"\.mdi-([a-z0-9-]+)::before \{\s*content: \"\\([0-9A-F]+)\"", sheet))
    return {name: int(known[name], 16) for name in names}


def write_font(package: Path, points: dict[str, int]) -> None:
    """Write the subset of the font that holds just these code points."""
    target = CLIENT / "assets" / "fonts" / "icons.ttf"
    source = package / "fonts" / "materialdesignicons-webfont.ttf"
    unicodes = ",".join(f"{point:X}" for point in points.values())
    subset.main([str(source), f"--unicodes={unicodes}", f"--output-file={target}", "--no-layout-closure"])


def write_table(points: dict[str, int]) -> None:
    """Write the table of names, one a line, sorted."""
    rows = "".join(f'    "{name}": "\\U{point:08X}",\n' for name, point in sorted(points.items()))
    table = f"{HEADER}ICONS: dict[str, str] = {{\n{rows}}}\n"
    (CLIENT / "theme" / "icons.py").write_text(table)


def main(arguments: list[str]) -> None:
    """Build both files."""
    package = Path(arguments[0])
    points = code_points(package, (CLIENT / "theme" / "icons.txt").read_text().split())
    write_font(package, points)
    write_table(points)


if __name__ == "__main__":
    main(sys.argv[1:])
