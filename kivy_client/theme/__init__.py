"""Colours, type sizes and icons as plain data: nothing here needs a window."""
