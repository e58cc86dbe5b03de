"""The processes beside the daemon: the built-in relay and the user «eco», watched and started again."""
