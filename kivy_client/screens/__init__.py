"""The screens: what the view state looks like (`.kv`) and what its buttons do (`.py`)."""
