"""The logic of the benches' measuring, without any server."""
