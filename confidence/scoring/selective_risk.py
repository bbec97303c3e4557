"""Selective prediction: the risk that remains when the least sure items are left out."""

from typing import Any

import numpy as np

from confidence.scoring.answers import class_numbers, pooled_votes
from toolbox.core import checks
from toolbox.core.panels import panels
from toolbox.core.records import record
from toolbox.resampling.near_ties import first_of_largest, merged


@record
class RiskCoverage:
    """Risk against coverage, the surest items first.

    Attributes
    ----------
    coverage : ndarray (n,)
        Share of the items that are answered: 1/n, 2/n, ..., 1.
    risk : ndarray (n,)
        Share of wrong answers among them, its mean over the orders of items of equal confidence.
    aurc : float
        Area under the curve, mean risk over the coverages; smaller is better.
    excess_aurc : float
        What that exceeds the best possible order with as many wrong answers; 0 is best.
    augrc : float
        Area under the generalised curve, mean over the coverages of the share of all items that
        are answered wrongly; smaller is better.
    accuracy : float
    """

    coverage: np.ndarray
    risk: np.ndarray
    aurc: float
    excess_aurc: float
    augrc: float
    accuracy: float

    def plot(self, ax: Any = None) -> Any:
        """Draw the risk against the coverage."""
        figure, axes = panels(ax, size=(4, 3))
        axes.plot(self.coverage, self.risk)
        axes.set(xlabel="coverage", ylabel="risk", xlim=(0, 1), ylim=(0, None))
        axes.set_title(f"AURC {self.aurc:.4f}", fontsize="medium")
        return figure


def risk_coverage(
    votes: Any, labels: Any, *, confidence: Any = None, classes: Any = None
) -> RiskCoverage:
    r"""Say how wrong the surest answers are, at every share of answers; smaller risk is better.

    Parameters
    ----------
    votes : array (R, n, C) or (n, C)
        Class probabilities; members are pooled by their mean.
    labels : array (n,)
        True classes: columns 0 to C - 1, or names among `classes`.
    confidence : array (n,), optional
        What items are sorted by, the surest first; by default the largest probability. Minus an
        uncertainty of `assess` does as well.
    classes : array (C,), optional
        Names of the columns.

    Returns
    -------
    RiskCoverage

    Raises
    ------
    InputError
        Votes that are not probabilities, labels outside the columns, a confidence that is not
        finite or has another length.

    Notes
    -----
    With :math:`e_i` the error of the i-th surest item (Geifman, Uziel & El-Yaniv 2019)

    .. math:: \mathrm{risk}(j/n) = \frac1j \sum_{i \le j} e_i, \qquad
        \mathrm{AURC} = \frac1n \sum_j \mathrm{risk}(j/n);

    AUGRC averages :math:`\frac1n \sum_{i \le j} e_i` instead (Traub et al. 2024). Among items of
    equal confidence every order is as likely, so that each counts with their mean error: exact,
    whatever the ties. Confidences that float32 does not tell apart (2^-22 of them) are equal.

    References
    ----------
    Y. Geifman, G. Uziel, R. El-Yaniv, Bias-reduced uncertainty estimation for deep neural
    classifiers, ICLR 2019. J. Traub et al., Overcoming common flaws in the evaluation of selective
    classification systems, NeurIPS 2024.

    Examples
    --------
    >>> from confidence import risk_coverage
    >>> r = risk_coverage([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.4, 0.6]], [0, 1, 1, 0])
    >>> r.risk.round(3).tolist(), round(r.aurc, 3)          # the last two tie
    ([0.0, 0.5, 0.5, 0.5], 0.375)
    """
    p = pooled_votes(votes)
    y = class_numbers(labels, items=len(p), count=p.shape[1], classes=classes)
    if confidence is None:
        sureness = merged(p.max(axis=1))
    else:
        sureness = merged(checks.double(checks.real_array(confidence, "confidence", ndim=1)))
        if len(sureness) != len(p):
            checks.refuse("confidence", f"{len(p)} numbers, one an item", len(sureness))
    wrong = (first_of_largest(p) != y).astype(np.float64)
    errors = np.cumsum(_expected_errors(wrong, sureness))
    n = np.arange(1, len(p) + 1)
    risk = errors / n
    best = np.cumsum(np.sort(wrong)) / n
    return RiskCoverage(
        coverage=n / len(p),
        risk=risk,
        aurc=float(risk.mean()),
        excess_aurc=float((risk - best).mean()),
        augrc=float(errors.mean() / len(p)),
        accuracy=float(1 - wrong.mean()),
    )


def _expected_errors(wrong: np.ndarray, sureness: np.ndarray) -> np.ndarray:
    """Return the errors, the surest first, each the mean of the items of its confidence."""
    _, level = np.unique(-sureness, return_inverse=True)
    means = np.bincount(level, weights=wrong) / np.bincount(level)
    return means[np.sort(level)]
