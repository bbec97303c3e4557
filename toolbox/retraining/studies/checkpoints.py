"""What a member gets as ``checkpoint``: a place to keep how far it has come."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from toolbox.retraining.store.store import Store
from toolbox.retraining.studies.results import checked


class Checkpoint:
    """Arrays of one unfinished member, kept in its store; without a store nothing is kept.

    ``load()`` returns the dictionary of arrays that was saved last, or None at a first start.
    ``save(arrays)`` replaces it, all or nothing. A member that is killed and run again goes on
    from there, and must then return what it would have returned undisturbed.

    Examples
    --------
    >>> checkpoint = Checkpoint(None, "")
    >>> checkpoint.save({"step": np.int64(3)})
    >>> checkpoint.load() is None
    True
    """

    def __init__(self, store: Store | None, key: str) -> None:
        self._store, self._key = store, key

    def load(self) -> dict[str, np.ndarray] | None:
        """Return the arrays saved last, or None."""
        return self._store.read_checkpoint(self._key) if self._store else None

    def save(self, arrays: Mapping[str, Any]) -> None:
        """Keep a dictionary of arrays of numbers."""
        arrays = checked(arrays, "a checkpoint")
        if self._store:
            self._store.write_checkpoint(self._key, arrays)
