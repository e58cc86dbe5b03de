"""Tests of the operator's page and the metrics."""
