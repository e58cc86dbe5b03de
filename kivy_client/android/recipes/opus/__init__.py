"""python-for-android recipe: libopus, built from its released source."""

from __future__ import annotations

from typing import Any

import sh
from pythonforandroid.recipe import Recipe
from pythonforandroid.util import current_directory


class OpusRecipe(Recipe):
    """`libopus.so` beside the interpreter, where PyOgg's loader finds it."""

    version = "1.5.2"
    url = "https://downloads.xiph.org/releases/opus/opus-{version}.tar.gz"
    built_libraries: dict[str, str] = {"libopus.so": ".libs"}  # noqa: RUF012 - the base class reads it so

    def build_arch(self, arch: Any) -> None:
        """Configure and make for one architecture."""
        environment = self.get_recipe_env(arch)
        with current_directory(self.get_build_dir(arch.arch)):
            configure = sh.Command("./configure")
            host = f"--host={arch.command_prefix}"
            configure(host, "--disable-doc", "--disable-extra-programs", _env=environment)
            sh.make("-j2", _env=environment)


recipe = OpusRecipe()
