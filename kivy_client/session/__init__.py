"""The client without a face: what it knows, what it can do, and the connection and calls behind it."""
