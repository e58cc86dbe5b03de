"""python-for-android recipe: this checkout, installed as a package with its data."""

from __future__ import annotations

from pathlib import Path

from pythonforandroid.recipe import PythonRecipe

CHECKOUT = Path(__file__).resolve().parents[4]


class SalaRecipe(PythonRecipe):
    """The packages `registro.wire`, `voz` and `kivy_client`."""

    version = "checkout"
    url = CHECKOUT.as_uri()
    name = "saladeconversa"
    depends = ("python3", "setuptools")
    call_hostpython_via_targetpython = False


recipe = SalaRecipe()
