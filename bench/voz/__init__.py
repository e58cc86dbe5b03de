"""Benches of the voice engine: the loss matrix (simulated clock), mouth to ear, and the cost of a call."""
