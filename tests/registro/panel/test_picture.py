"""The QR picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import qrcode
from hypothesis import given, settings
from hypothesis import strategies as st
from qrcode.constants import ERROR_CORRECT_M
from twisted.trial.unittest import TestCase

from registro.panel.picture import qr_svg

_MODULE = re.compile(r"M(\d+) (\d+)h1v1h-1z")


class PictureTests(TestCase):
    """The drawing is the code, module by module, with white around it."""

    @settings(max_examples=10, deadline=None)
    @given(st.from_regex(r"sala://[a-z.]{1,40}:5000/#[a-z2-7]{52}", fullmatch=True))
    def test_it_is_the_code(self, link: str) -> None:
        """Every dark module is drawn and no other, four modules from the edge."""
        code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
        code.add_data(link)
        code.make(fit=True)
        matrix = code.get_matrix()
        expected = {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}
        svg = ElementTree.fromstring(qr_svg(link))
        (path,) = svg.findall("{http://www.w3.org/2000/svg}path")
        self.assertEqual({(int(x), int(y)) for x, y in _MODULE.findall(path.attrib["d"])}, expected)
        self.assertEqual(svg.attrib["viewBox"], f"0 0 {len(matrix)} {len(matrix)}")
