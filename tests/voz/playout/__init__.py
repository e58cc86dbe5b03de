"""Tests of the voice engine, laid out like the source."""
