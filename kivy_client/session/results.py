"""What a command answers at once; everything that takes time shows in the view state instead."""

from enum import Enum


class ConnectResult(Enum):
    """The answer to `Commands.connect` and `Commands.open_link`."""

    STARTED = "started"
    """The connection is being made."""
    BAD_ADDRESS = "bad-address"
    """That is no address: `host`, `host:port` or a `sala://` link."""
    BAD_NAME = "bad-name"
    """That name cannot be one: 1-32 Latin letters, digits and inner `.` `_` `-`."""
    NAME_MISSING = "name-missing"
    """The link is good, and no name is known yet: ask for it and call `connect`."""
    IN_CALL = "in-call"
    """Not while talking."""


class CallResult(Enum):
    """The answer to `Commands.call` and `Commands.call_again`."""

    STARTED = "started"
    """The call is being made; `ViewState.call` is there."""
    OFFLINE = "offline"
    """There is no connection to the registry."""
    IN_CALL = "in-call"
    """A call is on already."""
    ONESELF = "oneself"
    """That is the person's own name."""
    BLOCKED = "blocked"
    """The name is blocked here; unblock it first."""
    KEY_CHANGED = "key-changed"
    """The name's key changed and the person has not decided about it."""
    BAD_NAME = "bad-name"
    """That name cannot be one."""
    NOBODY = "nobody"
    """`call_again` without a former call."""


class Done(Enum):
    """The answer of commands that either apply or do not."""

    DONE = "done"
    """It is so now."""
    NOTHING = "nothing"
    """There is nothing it could apply to (no call, no question, no such name); nothing changed."""


class SettingsResult(Enum):
    """The answer to `Commands.change_settings`."""

    SAVED = "saved"
    """In force, and on disk."""
    REFUSED = "refused"
    """A value is out of its range; nothing changed."""
    NOT_WRITTEN = "not-written"
    """In force until the program ends, but the file could not be written."""


class IdentityResult(Enum):
    """The answer to `Commands.export_identity` and `Commands.import_identity`."""

    STARTED = "started"
    """Working on it; `IdentityView.task` will say how it ended."""
    PHRASE_TOO_SHORT = "phrase-too-short"
    """Fewer than 8 characters."""
    BUSY = "busy"
    """Another export or import is running, or a call is on."""
