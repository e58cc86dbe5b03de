"""Tests of the client without a face."""
