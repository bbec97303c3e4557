"""One row of the ledger: what a column holds, and the digest that chains a row to those before."""

import hashlib
import json
from typing import Any, NamedTuple

import numpy as np

from toolbox.core.checks import describe_value, number, refuse

KINDS = ("label", "not", "set", "pair", "cannot_tell", "reward", "plan", "undo")
TEXT = np.str_
TYPES = {
    "kind": TEXT,
    "items": np.int64,
    "others": np.int64,
    "values": TEXT,
    "who": TEXT,
    "cost": np.float64,
    "time": np.float64,
    "weight": np.float64,
    "propensity": np.float64,
    "key": TEXT,
    "undoes": TEXT,
}
NOTHING = -1  # no item, no other item


class Event(NamedTuple):
    """One answer, in the order of the columns."""

    kind: str
    items: int
    others: int
    values: str
    who: str
    cost: float
    time: float
    weight: float
    propensity: float
    key: str
    undoes: str


def chained(chain: str, event: Event) -> str:
    """Return the digest of a row and all before it, whose digest is `chain`."""
    return digest([chain, *event])


def content_key(event: Event, position: int) -> str:
    """Return the key of an answer that was given none: the same answer has the same key."""
    return digest([*event._replace(key=""), position])


def digest(parts: list[Any]) -> str:
    """Return 16 hexadecimal digits; repr of a float is exact, JSON keeps texts apart."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def value_text(kind: str, value: Any) -> str:
    """Return an answer's value as JSON, or refuse one that does not fit the kind."""
    if kind in ("label", "not"):
        return _json(label(value))
    if kind == "set":
        return _json(_label_set(value))
    if kind == "pair":
        return _json(_same(value))
    if kind == "reward":
        return _json(number(value, "values"))
    if kind == "plan":
        return _json(text(value, "values"))
    if value is not None:
        refuse("values", f"none for the kind {kind!r}", describe_value(value))
    return ""


def label(value: Any) -> int | str:
    """Return one label: a whole number or a text that is not empty."""
    if isinstance(value, str):
        return text(value, "values")
    found = number(value, "values")
    if not found.is_integer():
        refuse("values", "labels that are whole numbers or texts", repr(found))
    exact = int(np.asarray(value).reshape(()))  # a float would round above 2**53
    if abs(exact) >= 2**63:
        refuse("values", "labels below 2**63", exact)
    return exact


def text(value: Any, argument: str) -> str:
    """Return a text that is not empty; a null byte would end it in a database's tools."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        refuse(argument, "a text that is not empty", describe_value(value))
    if not _is_character_text(value):
        refuse(argument, "a text of characters", ascii(value))
    return str(value)


def _is_character_text(value: str) -> bool:
    """Say whether a text can be written; half of a pair of UTF-16 cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _label_set(value: Any) -> list[int | str]:
    single = isinstance(value, str) or not np.iterable(value)
    listed = [value] if single else list(value)
    found = {label(v) for v in listed}
    if not found:
        refuse("values", "at least one class for the kind 'set'", "none")
    return sorted(found, key=lambda v: (isinstance(v, str), v))


def _same(value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    found = number(value, "values", minimum=0, maximum=1)
    if not found.is_integer():
        refuse("values", "true (the same) or false for the kind 'pair'", repr(found))
    return bool(found)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
