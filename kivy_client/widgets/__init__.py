"""The small set of widgets that every screen is made of: look in `.kv`, behaviour in `.py`."""
