"""Labels that no one gave: what members trained independently agree on, as far as they agree."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.resampling.near_ties import first_of_largest


@record
class PseudoLabels:
    """What members say of unlabelled items, weighted by their agreement.

    Attributes
    ----------
    items, labels, weights : ndarray (k,)
        As rows that `learn` takes: of which item, which class, and its weight in (0, 1]. Items on
        which no two members agree are left out.
    shares : ndarray (n, C)
        The same as a table that `adapt` takes as labels: the weight, in the column of the label.
    classes : ndarray (C,)
    """

    items: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    shares: np.ndarray
    classes: np.ndarray


def pseudo_labels(votes: Any, *, classes: Any = None) -> PseudoLabels:
    r"""Label items by the members' majority, each label weighted by how far the members agree.

    Parameters
    ----------
    votes : array (R, n, C)
        Probabilities of two members or more, each trained from its own start: of
        `adapted_votes`, of `confidence.ensemble`.
    classes : array (C,), optional
        The columns' names; by default their numbers.

    Returns
    -------
    PseudoLabels

    Raises
    ------
    InputError
        A single member, votes that are no probabilities, classes of another number.

    Notes
    -----
    With n_c of the R members giving class c the highest probability and c* the most frequent class
    (of equally frequent ones the more probable), the weight is the share of the other members that
    a member which says c* finds on its side,

    .. math:: w = \frac{n_{c^*} - 1}{R - 1}, \qquad c^* = \mathrm{arg\,max}_c\; n_c .

    Pseudo-labels are as right as the members are (Lee, 2013; agreement of retrained members:
    Lakshminarayanan et al., 2017): where all are wrong in the same way, as in a domain that is new
    to all of them, they agree all the same. Audit some (`audit`) before much rests on them.

    References
    ----------
    D.-H. Lee, Pseudo-label, ICML workshop on challenges in representation learning, 2013.
    B. Lakshminarayanan, A. Pritzel, C. Blundell, Simple and scalable predictive uncertainty
    estimation using deep ensembles, NeurIPS 2017.

    Examples
    --------
    >>> from labelling import pseudo_labels
    >>> votes = [[[0.9, 0.1], [0.6, 0.4]], [[0.8, 0.2], [0.3, 0.7]], [[0.7, 0.3], [0.1, 0.9]]]
    >>> told = pseudo_labels(votes, classes=["cat", "dog"])
    >>> told.labels.tolist(), told.weights.tolist()
    (['cat', 'dog'], [1.0, 0.5])
    """
    p = checks.votes(votes, "votes")
    members, n, columns = p.shape
    if members < 2:
        refuse("votes", "at least two members, whose agreement weighs", members)
    names = np.arange(columns) if classes is None else checks.labels_once(classes, "classes")
    if len(names) != columns:
        refuse("classes", f"{columns} classes, one a column of the votes", len(names))
    said = first_of_largest(p)
    number = (said[:, :, None] == np.arange(columns)).sum(axis=0)
    first = np.lexsort((p.mean(axis=0), number), axis=-1)[:, -1]
    weights = (number[np.arange(n), first] - 1) / (members - 1)
    items = np.flatnonzero(weights)
    shares = np.zeros((n, columns))
    shares[np.arange(n), first] = weights
    return PseudoLabels(
        items=items,
        labels=names[first[items]],
        weights=weights[items],
        shares=shares,
        classes=names,
    )
