"""Tests of the screens, in a window that nobody sees."""
