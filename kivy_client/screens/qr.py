"""QR pictures: reading a `sala://` link out of one, and drawing one."""

from __future__ import annotations

from typing import Any

from kivy_client.i18n import _

SCHEME = "sala://"
LARGEST = 40_000_000
"""A picture of more pixels is not looked at."""


class NoLinkError(Exception):
    """The picture cannot be read, or shows no `sala://` link; the text is for people."""


def read_link(path: str) -> str:
    """The `sala://` link in a picture; `NoLinkError` says why there is none."""
    for text in _texts(*_grey(path)):
        if text.startswith(SCHEME):
            return text
    raise NoLinkError(_("Não há um código QR da Sala nessa imagem."))


def modules(text: str) -> list[list[bool]]:
    """The dark squares of a text's QR code, row by row, without a margin; empty where the library is
    missing.
    """
    try:
        from qrcode.main import QRCode
    except ImportError:
        return []
    code: Any = QRCode(border=0)
    code.add_data(text)
    code.make()
    return [[bool(dark) for dark in row] for row in code.modules]


def _grey(path: str) -> tuple[bytes, int, int]:
    """The picture as 8-bit grey, row by row from the top: (bytes, width, height)."""
    from kivy.core.image import ImageLoader

    try:
        image = ImageLoader.load(path, keep_data=True)._data[0]
    except Exception as failure:
        raise NoLinkError(_("Essa imagem não pode ser aberta.")) from failure
    if image is None or not image.data or image.width * image.height > LARGEST:
        raise NoLinkError(_("Essa imagem não pode ser aberta."))
    step = {"rgba": 4, "bgra": 4, "rgb": 3, "bgr": 3}.get(image.fmt, 1)
    data = bytes(image.data)
    stride = image.rowlength or image.width * step
    rows = (data[y * stride : y * stride + image.width * step] for y in range(image.height))
    green = 1 if step > 1 else 0
    return b"".join(row[green::step] for row in rows), image.width, image.height


def _texts(grey: bytes, width: int, height: int) -> list[str]:
    """What the codes in a grey picture say."""
    try:
        import numpy as np
        import zxingcpp
    except ImportError as missing:
        raise NoLinkError(_("Falta a biblioteca que lê códigos QR (zxing-cpp). Cole o link.")) from missing
    pixels = np.frombuffer(grey, dtype=np.uint8).reshape(height, width)
    return [str(code.text) for code in zxingcpp.read_barcodes(pixels)]
