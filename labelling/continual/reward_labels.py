"""What accepted and rejected proposals say of the labels: a rejection excludes a class."""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import softmax

from labelling.continual.analytic_readout import item_shares
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import feature_scales
from toolbox.core.records import record

SURE = 1e-12  # log(1 - p) is finite there
LEAST = 1e-6  # of a label's weight: what is below teaches nothing
ITERATIONS = 500  # some tens are enough with a ridge of .01 or more


@record
class RewardLabels:
    """Probabilities of labels, given what was proposed and how that was received.

    Attributes
    ----------
    posterior : ndarray (n, C)
        Probabilities of each item's classes: 1 for a class that was accepted, 0 for one that was
        rejected, the others as the model has them.
    votes : ndarray (1, m, C)
        Probabilities of the classes of other items, of which nothing was said.
    items, labels, weights : ndarray (k,)
        The posterior as rows that `learn` takes: of which item, which class, how probable.
    classes : ndarray (C,)
    coefficients : ndarray (F + 1, C)
        Of the standardised features and the constant.
    note : str
        Where the search for the most probable coefficients ended before they were found.
    """

    posterior: np.ndarray
    votes: np.ndarray
    items: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    classes: np.ndarray
    coefficients: np.ndarray
    note: str = ""


class _Said(NamedTuple):
    """Features (n, F + 1), the proposed class as one-hot rows, and rewards (n, 1)."""

    h: np.ndarray
    proposed: np.ndarray
    rewards: np.ndarray


def labels_from_rewards(
    features: Any,
    proposed: Any,
    *,
    rewards: Any,
    classes: Any,
    at: Any = None,
    ridge: float = 1.0,
) -> RewardLabels:
    r"""Estimate the labels of items of which one class was proposed, and accepted or rejected.

    Parameters
    ----------
    features : array (n, F)
        Of all items so far that were proposed a class.
    proposed : array (n,)
        The class proposed for each item, by any rule that looked at features and former rewards
        only.
    rewards : array (n,)
        1 for accepted, 0 for rejected; between them for half-hearted.
    classes : array (C,)
        All classes that there are, two or more, also those never proposed.
    at : array (m, F), optional
        Other items, such as those to be proposed a class next.
    ridge : float
        > 0; how strongly the coefficients of the standardised features are held near 0.

    Returns
    -------
    RewardLabels

    Raises
    ------
    InputError
        A proposed class that is none of the classes, fewer than two classes or one that stands
        twice, a reward outside [0, 1], lengths that differ.

    Notes
    -----
    With p_c(x) = softmax(W^T h(x))_c, h the standardised features and a constant, W is what makes

    .. math:: \sum_i r_i \log p_{a_i}(x_i) + (1 - r_i) \log(1 - p_{a_i}(x_i))
        - \tfrac{\mathrm{ridge}}{2} \Vert W \Vert^2

    greatest, the logarithm of the probability of all that was said: labels of which only a set of
    candidates is known (Jin and Ghahramani, 2002). How probable each proposal was does not
    matter here, since proposals do not depend on labels but through former rewards (Rubin, 1976).
    The posterior of a rejected item is p without the class that was rejected, made to sum to 1.

    With two classes a rejection is a label. Beside `learn_from_rewards`, which learns accepted
    classes alone and assumes no model of them, this one uses all that was said: it needs fewer
    items, and is as right as the model is.

    References
    ----------
    R. Jin, Z. Ghahramani, Learning with multiple labels, NeurIPS 2002.
    D. B. Rubin, Inference and missing data, Biometrika 63, 1976.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import labels_from_rewards
    >>> x = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> told = labels_from_rewards(x, [0, 1, 0, 1], rewards=[1, 0, 0, 1], classes=[0, 1])
    >>> told.posterior.argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """
    x = checks.real_array(features, "features", ndim=2).astype(np.float64)
    names = _classes(classes)
    which = _proposed(proposed, names, len(x))
    given = item_shares(rewards, "rewards", len(x))
    held = checks.number(ridge, "ridge", above=0)
    new = _others(at, x.shape[1])
    centre, scale = feature_scales(x)
    h, other = ((each - centre) / scale for each in (x, new))
    h, other = (np.column_stack([each, np.ones(len(each))]) for each in (h, other))
    said = _Said(h, np.eye(len(names))[which], given[:, None])
    weights, note = _most_probable(said, held)
    posterior = _posterior(said, weights)
    items, of = np.nonzero(posterior > LEAST)
    return RewardLabels(
        posterior=posterior,
        votes=softmax(other @ weights, axis=1)[None],
        items=items,
        labels=names[of],
        weights=posterior[items, of],
        classes=names,
        coefficients=weights,
        note=note,
    )


def _classes(classes: Any) -> np.ndarray:
    names = checks.labels_once(classes, "classes")
    if len(names) < 2:
        refuse("classes", "at least two classes", len(names))
    return names


def _proposed(proposed: Any, classes: np.ndarray, length: int) -> np.ndarray:
    """Return the column of the class proposed for each item."""
    found = checks.labels(proposed, "proposed", length=length)
    column = {name: i for i, name in enumerate(classes.tolist())}
    if unknown := [name for name in found.tolist() if name not in column]:
        refuse("proposed", f"some of the {len(classes)} classes", repr(unknown[0]))
    return np.array([column[name] for name in found.tolist()])


def _others(at: Any, components: int) -> np.ndarray:
    if at is None:
        return np.zeros((0, components))
    found = checks.real_array(at, "at", ndim=2).astype(np.float64)
    if found.shape[1] != components:
        refuse("at", f"{components} features an item, as `features`", f"shape {found.shape}")
    return found


def _most_probable(said: _Said, ridge: float) -> tuple[np.ndarray, str]:
    """Return W (F + 1, C) by a quasi-Newton method from 0, and a note where it did not settle.

    The sum has one top only with labels.
    """
    from scipy.optimize import minimize

    shape = said.h.shape[1], said.proposed.shape[1]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(shape)
        p = softmax(said.h @ weights, axis=1)
        chance = (p * said.proposed).sum(axis=1, keepdims=True).clip(SURE, 1 - SURE)
        log_odds = said.rewards * np.log(chance) + (1 - said.rewards) * np.log1p(-chance)
        # d log p_a = e_a - p, and d log(1 - p_a) = -p_a / (1 - p_a) (e_a - p)
        pull = said.rewards - (1 - said.rewards) * chance / (1 - chance)
        slope = said.h.T @ (pull * (p - said.proposed)) + ridge * weights
        return -log_odds.sum() + ridge / 2 * (weights**2).sum(), slope.ravel()

    found = minimize(
        loss, np.zeros(np.prod(shape)), jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}
    )
    doubt = f"not settled after {found.nit} steps, coefficients not yet the most probable"
    note = "" if found.success else f"{doubt}; a larger ridge settles sooner"
    return found.x.reshape(shape), note


def _posterior(said: _Said, weights: np.ndarray) -> np.ndarray:
    left = (softmax(said.h @ weights, axis=1) + SURE) * (1 - said.proposed)
    left /= left.sum(axis=1, keepdims=True)
    return said.rewards * said.proposed + (1 - said.rewards) * left
