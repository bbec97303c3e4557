"""What labels are worth: the error without any, with a share of them, with all."""

from typing import Any

import numpy as np

from similarity.clusterability.mixture_limits import bayes_error, unlabelled_error
from similarity.clusterability.vectors import checked_shape
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@record
class LabelValue:
    """The error of a task as more of its items are labelled.

    Attributes
    ----------
    labelled : ndarray (m,)
        Shares of labelled items.
    error : ndarray (m,)
        Error on the other items.
    value : ndarray (m,)
        By how much that is less than `error_unlabelled`.
    per_label : ndarray (m,)
        `value` in percentage points over the number of labels.
    error_unlabelled : float
    items : int
    """

    labelled: np.ndarray
    error: np.ndarray
    value: np.ndarray
    per_label: np.ndarray
    error_unlabelled: float
    items: int


def label_value(
    separation: float, *, items: int, dimensions: int, classes: int = 2, labelled: Any = SHARES
) -> LabelValue:
    r"""Return by how many points labels of a share of the items lower the error on the others.

    Parameters
    ----------
    separation : float
        See `Verdict`; for two equal classes with centres +-mu: |mu|^2 / sigma^2.
    items, dimensions, classes : int
        n, p and K.
    labelled : array (m,)
        Shares, between 0 (none) and 1.

    Returns
    -------
    LabelValue

    Raises
    ------
    InputError
        Shares that are not between 0 and 1, too many classes.

    Notes
    -----
    With the share eta of labels, right and drawn at random, and the error of `clusterable` (Lelarge
    & Miolane 2019),

    .. math:: \mathrm{value}(\eta) = \mathrm{error}(0) - \mathrm{error}(\eta).

    The error without labels is, for two classes, that of n items, the better way to name the
    clusters counting: near the threshold it is below the limit, and labels are worth less than the
    limit says. With labels it is the limit, and never more than without. With some twenty labels
    near the threshold whole clusters may get the wrong name, in which the limit does not believe:
    at n = p = 400 such labels were then worth up to 2 points less than stated.

    Examples
    --------
    >>> found = label_value(0.9, items=400, dimensions=400, labelled=[0.05, 0.2, 1])
    >>> found.value.round(2).tolist()
    [0.04, 0.09, 0.16]
    """
    separation = checks.number(separation, "separation", minimum=0)
    shape = checked_shape(items, dimensions, classes)
    shares = np.atleast_1d(checks.real_array(labelled, "labelled")).astype(np.float64)
    if shares.ndim != 1 or shares.min() <= 0 or shares.max() > 1:
        refuse("labelled", "a 1-D array of shares > 0 and <= 1", checks.describe_value(labelled))
    without = unlabelled_error(separation, *shape)
    limits = [bayes_error(separation, *shape, labelled=float(share)) for share in shares]
    error = np.minimum(limits, without)
    return LabelValue(
        labelled=shares,
        error=error,
        value=without - error,
        per_label=100 * (without - error) / (shares * shape[0]),
        error_unlabelled=without,
        items=shape[0],
    )
