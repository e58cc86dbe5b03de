"""Hypothesis strategies: any message of any verb, any value of any key."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from hypothesis import strategies as st

from registro.wire import fields as fields_
from registro.wire import keys, messages

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=24)
_ITEMS = st.lists(TEXT, max_size=5).map(tuple).filter(lambda items: items != ("",))
_BY_KIND: dict[keys.Kind, st.SearchStrategy[Any]] = {
    keys.TEXT: TEXT,
    keys.NUMBER: st.integers(0, 10**15 - 1),
    keys.LIST: _ITEMS,
    keys.BYTES: st.binary(max_size=508),
    keys.B16: st.binary(min_size=16, max_size=16),
    keys.B32: st.binary(min_size=32, max_size=32),
    keys.B64: st.binary(min_size=64, max_size=64),
}
SEQ = st.integers(0, 999_999_999)
EXTRA = st.dictionaries(
    st.from_regex(r"x-[a-z0-9-]{0,20}", fullmatch=True),
    TEXT.map(lambda text: fields_.escape(text).replace(",", "%2C")),
    max_size=3,
).map(lambda extra: tuple(extra.items()))


def _value(cls: type[messages.Message], key: str) -> st.SearchStrategy[Any]:
    allowed = {**cls.VALUES, **cls.CLIENT_VALUES}.get(key)
    return st.sampled_from(sorted(allowed)) if allowed else _BY_KIND[keys.KINDS[key]]


def message_of(cls: type[messages.Message]) -> st.SearchStrategy[messages.Message]:
    """Return a strategy of messages of one class, with and without their optional keys."""
    needed: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    must = cls.CLIENT_MUST | cls.REGISTRY_MUST
    for field in fields(cls):
        always = field.default is MISSING or field.name in must or field.name == "versao"
        (needed if always else optional)[field.name] = _value(cls, field.name)
    return st.fixed_dictionaries(needed, optional=optional).map(lambda values: cls(**values))


ANY_MESSAGE = st.one_of(*map(message_of, messages.ALL.values()))
