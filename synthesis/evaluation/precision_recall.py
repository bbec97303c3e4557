"""Precision and recall, density and coverage: two sets seen through each other's neighbourhoods."""

from typing import Any

import numpy as np

from synthesis.evaluation.feature_sets import feature_sets
from synthesis.evaluation.neighbourhoods import inside, squared_reach
from synthesis.evaluation.set_distance import remarks
from toolbox.core import checks
from toolbox.core.item_blocks import binary_exponent
from toolbox.core.records import record
from toolbox.core.units import ASSUMED


@record
class PrecisionRecall:
    """Fidelity and diversity of a set of samples, larger is better in all four.

    Attributes
    ----------
    precision : float
        Share of the samples inside a neighbourhood of the reference: fidelity, 0 to 1.
    recall : float
        Share of the reference inside a neighbourhood of the samples: diversity, 0 to 1.
    density : float
        Mean number of the reference's neighbourhoods that a sample is in, over `neighbours`:
        fidelity, 1 on average for equal laws, and not bounded by it.
    coverage : float
        Share of the reference's neighbourhoods that hold a sample: diversity, 0 to 1.
    expected_coverage : float
        Its mean for equal laws at these numbers of items (each its own unit).
    note : str
        What the reader must know.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    expected_coverage: float
    note: str


def precision_recall(
    samples: Any,
    reference: Any,
    *,
    dim: int,
    neighbours: int = 5,
    units: Any = None,
    reference_units: Any = None,
) -> PrecisionRecall:
    r"""Return precision, recall, density and coverage of samples; larger = better.

    Parameters
    ----------
    samples, reference : arrays or Descriptions
        Features (n, F) of any feature function with ``dim=0``, as a network would give them; or
        items ``([n, [components,]] *space)``, which `toolbox.describe` describes.
    dim : 0, 1 or 2
        Number of spatial axes; 0 for features.
    neighbours : int
        The neighbourhood of an item reaches to its k-th nearest of the other units in its set; more
        than k units are needed on each side.
    units, reference_units : one label an item, optional
        What was drawn independently (a photograph); every item by default.

    Returns
    -------
    PrecisionRecall

    Raises
    ------
    InputError
        With too few units on a side, or features that differ.

    Notes
    -----
    With :math:`B_k(x)` the closed ball that reaches to the k-th nearest neighbour of x within its
    own set, n samples :math:`y_j` and m references :math:`x_i`: precision is the share of
    :math:`y_j` in :math:`\cup_i B_k(x_i)`, recall the share of :math:`x_i` in
    :math:`\cup_j B_k(y_j)` (Kynkaanniemi et al., 2019, with k = 3); density is
    :math:`\frac{1}{kn} \sum_{ij} 1[y_j \in B_k(x_i)]`, coverage the share of :math:`B_k(x_i)` that
    hold a sample (Naeem et al., 2020, with k = 5). One outlier of the reference makes precision
    large, density is robust against it. For equal laws the k-th of the other m - 1 references comes
    before all n samples with probability :math:`\prod_{i=0}^{k-1} \frac{m - 1 - i}{n + m - 1 - i}`:
    one minus it is `expected_coverage`, and the expected density is exactly 1. Precision and recall
    have no such level: compare with real against real. Distances come from matrix products; where
    the bound on their rounding leaves in doubt which of two is smaller, both are taken from
    differences, so that ties are ties.

    References
    ----------
    T. Kynkaanniemi et al., Improved precision and recall metric for assessing generative models,
    NeurIPS 2019. M. F. Naeem et al., Reliable fidelity and diversity metrics for generative models,
    ICML 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import precision_recall
    >>> x = np.random.Generator(np.random.Philox(0)).standard_normal((100, 2))
    >>> narrow = precision_recall(0.1 * x[:50], x[50:], dim=0)  # realistic, not diverse
    >>> narrow.precision, narrow.recall < 0.3, narrow.coverage < 0.6
    (1.0, True, True)
    """
    k = checks.count(neighbours, "neighbours")
    sets = feature_sets(
        samples, reference, dim=dim, units=units, reference_units=reference_units, fewest=1
    )
    fewest = min(sets.n_units)
    if fewest <= k:
        checks.refuse("neighbours", f"fewer than the units on either side ({fewest})", k)
    exponent = binary_exponent(sets.samples, sets.reference)  # squares cannot overflow
    samples, reference = (np.ldexp(x, -exponent) for x in (sets.samples, sets.reference))
    ours = squared_reach(samples, sets.units, k)
    theirs = squared_reach(reference, sets.reference_units, k)
    in_theirs, in_ours = inside(reference, samples, theirs, ours)
    n, m = len(sets.samples), len(sets.reference)
    missed = np.prod([(m - 1 - i) / (n + m - 1 - i) for i in range(k)])
    shared = "a unit is on both sides: its items are near each other whatever the samples' quality"
    return PrecisionRecall(
        precision=float(in_theirs.any(axis=0).mean()),
        recall=float(in_ours.any(axis=1).mean()),
        density=float(in_theirs.mean() * m / k),
        coverage=float(in_theirs.any(axis=1).mean()),
        expected_coverage=float(1 - missed),
        note=remarks(shared if sets.shared else "", sets.note, ASSUMED if sets.assumed else ""),
    )
