"""Measurements beside the best programs of each kind; run from the checkout, never installed."""
