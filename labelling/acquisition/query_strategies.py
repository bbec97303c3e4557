"""Strategies of scikit-activeml, used as they are."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from toolbox.core.checks import describe_value, refuse


def acquisition_from(query_strategy: Any, *, classifier: Any = None) -> Callable[..., np.ndarray]:
    """Make a query strategy of scikit-activeml one that `acquire` takes as `by` (Python only).

    Parameters
    ----------
    query_strategy : SingleAnnotatorPoolQueryStrategy
        One of scikit-activeml (the extra ``[active]``), or any object whose ``query(X, y,
        candidates=..., batch_size=...)`` returns indices; y is NaN where there is no label. It is
        used as it is; "expected_average_precision" of scikit-activeml 1.0.1 is not what its name
        says (findings/activeml_expected_average_precision.sh).
    classifier : SkactivemlClassifier, optional
        For strategies that train one themselves, handed on as ``clf``.

    Returns
    -------
    callable
        ``by(features, labelled, batch)``, which returns the items to ask about.

    Raises
    ------
    InputError
        An object without a method ``query``.

    Examples
    --------
    >>> from labelling import acquire, acquisition_from
    >>> class First:
    ...     def query(self, X, y, candidates, batch_size):
    ...         return candidates[:batch_size]
    >>> asked = acquire(None, features=[[0.0], [1], [2]], labelled=[0, -1, -1], batch=1, seed=0,
    ...                 by=acquisition_from(First()))
    >>> asked.items.tolist()
    [1]
    """
    if not callable(getattr(query_strategy, "query", None)):
        refuse("query_strategy", "an object with a method query", describe_value(query_strategy))
    more = {} if classifier is None else {"clf": classifier}
    return partial(_asked, query_strategy, more)


def _asked(
    strategy: Any, more: dict[str, Any], features: np.ndarray, labelled: np.ndarray, batch: int
) -> np.ndarray:
    y = np.where(labelled >= 0, labelled, np.nan)
    candidates = np.flatnonzero(labelled < 0)
    found = strategy.query(features, y, candidates=candidates, batch_size=batch, **more)
    return np.asarray(found).reshape(-1)
