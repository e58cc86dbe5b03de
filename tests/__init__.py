"""Tests, laid out like the source."""

import os

from hypothesis import settings

# A machine that is busy is no reason to fail; in CI the same change is judged by the same examples.
settings.register_profile("sala", deadline=None, print_blob=True, derandomize="CI" in os.environ)
settings.load_profile("sala")
