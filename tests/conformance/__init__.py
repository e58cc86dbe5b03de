"""A stranger's client, written from the protocol page alone and run against the daemon as a user starts it.

Nothing here imports the project's own packages: a mistake that the registry and the client share shows up
as a failure here.
"""
