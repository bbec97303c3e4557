"""Digests of what a member depends on: its code with all that it reaches, and its data."""

import decimal
import hashlib
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from toolbox.retraining import sources
from toolbox.retraining.array_archives import checksum
from toolbox.retraining.reached_values import Walk
from toolbox.retraining.read_values import PLAIN


def member_digest(member: Any, *, jitted: bool = False) -> dict[str, Any]:
    """Return the digest of a member's code and hyper-parameters, and the libraries it uses."""
    walk = Walk()
    walk.value(member, "member")
    walk.variables()
    libraries = sorted(walk.libraries | {"numpy"})
    versions = {name: sources.library_version(name) for name in libraries}
    python = ".".join(map(str, sys.version_info[:2]))  # compiles to other code in the next version
    settings = _settings(walk.libraries | walk.standard, jitted=jitted)
    return {
        "code": walk.digest.hexdigest(),
        "libraries": {"python": python, **versions},
        "settings": settings,
    }


def _settings(libraries: set[str], *, jitted: bool) -> dict[str, str]:
    """Return what a script may have set in the libraries that changes what they compute."""
    settings = {}
    if "jax" in libraries:
        from toolbox.retraining.compiled import jax_settings

        settings |= jax_settings(jitted=jitted)
    if "torch" in libraries:
        from toolbox.retraining.torch_settings import torch_settings

        settings |= torch_settings()
    if "sklearn" in libraries:
        from sklearn import get_config

        settings |= {f"sklearn {name}": str(held) for name, held in sorted(get_config().items())}
    if "decimal" in libraries:
        context = decimal.getcontext()
        settings |= {"decimal": f"{context.prec} {context.rounding} {context.Emin} {context.Emax}"}
    if "time" in libraries or "datetime" in libraries:
        settings |= {"time zone": " ".join(time.tzname)}
    return settings


def data_digest(data: Any) -> str:
    """Return the digest of arrays and plain values in dictionaries and tuples."""
    digest = hashlib.sha256()
    for part in _data_parts(data):
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()


def _data_parts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield f"dict {len(value)}"
        for name, held in value.items():
            yield repr(name)
            yield from _data_parts(held)
    elif isinstance(value, tuple | list):
        yield f"{type(value).__name__} {len(value)}"
        for held in value:
            yield from _data_parts(held)
    elif isinstance(value, PLAIN):
        yield f"{type(value).__name__} {value!r}"
    else:
        yield f"{'array' if isinstance(value, np.ndarray) else 'scalar'} {checksum(value)}"
