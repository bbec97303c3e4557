"""What is ranked and counted is the same in float32 and float64, however the data were rounded."""

from collections.abc import Callable

import numpy as np
import pytest

import confidence
import similarity
import toolbox

RNG = np.random.Generator(np.random.Philox(7))
WHOLE = RNG.integers(1, 8, (60, 6))


def tenths(dtype: type) -> np.ndarray:
    return (WHOLE / 10).astype(dtype)


def thirds(dtype: type) -> np.ndarray:
    return WHOLE.astype(dtype) / dtype(3)


def sums(dtype: type) -> np.ndarray:
    """Return equal sums of tenths that were added in different orders, in this type."""
    parts = tenths(dtype)
    turned = np.roll(parts, 1, axis=0)
    swap = (np.arange(60) % 2)[:, None] == 0
    added = np.where(swap, parts + (turned + dtype(0.3)), (parts + turned) + dtype(0.3))
    return added.astype(dtype)


DATA = [tenths, thirds, sums]


def probabilities(values: np.ndarray) -> np.ndarray:
    """Return votes of three classes from positive numbers, in their type."""
    return values[:, :3] / values[:, :3].sum(axis=1, keepdims=True)


LABELS = np.arange(60) % 3


def distances(values: np.ndarray) -> np.ndarray:
    return np.abs(values[:, :1] - values[:, 0]) + np.abs(values[:, 1:2] - values[:, 1])


def retrieved(values: np.ndarray) -> list[float]:
    found = similarity.retrieval_scores(distances(values), LABELS, seed=0, resamples=0)
    return [found.p_at_1, found.r_precision, found.map_at_r, found.auc]


def permuted(values: np.ndarray, statistic: str) -> list[float]:
    # Five against five: all 252 arrangements, so that a tie that splits moves the p-value.
    tests = (
        toolbox.permutation_p_value(a[:5], a[5:10], statistic=statistic, seed=0)
        for a in (values[:, i] for i in range(6))
    )
    return [test.p_value for test in tests]


def assessed(values: np.ndarray) -> list[float]:
    votes = np.stack([probabilities(np.roll(values, k, axis=1)) for k in range(3)])
    found = confidence.assess(votes, LABELS)
    return [found.accuracy, *found.prediction, *found.vote_share]


VERDICTS: dict[str, Callable[[np.ndarray], list[float]]] = {
    "permutation_p_value, means": lambda v: permuted(v, "mean_difference"),
    "permutation_p_value, energy": lambda v: permuted(v, "energy_distance"),
    "energy_distance": lambda v: [toolbox.energy_distance(v[:30], v[30:])],
    "risk_coverage": lambda v: confidence.risk_coverage(probabilities(v), LABELS).risk.tolist(),
    "risk_coverage, confidence": lambda v: confidence.risk_coverage(
        probabilities(thirds(np.float64)), LABELS, confidence=v[:, 0]
    ).risk.tolist(),
    "ood_scores": lambda v: [
        (found := confidence.ood_scores(v[:30, 0], v[30:, 1])).auroc,
        found.fpr95,
        *found.auroc_interval,
    ],
    "retrieval_scores": retrieved,
    "balanced_accuracy": lambda v: [confidence.balanced_accuracy(probabilities(v), LABELS).value],
    "assess": assessed,
    "subject_scores": lambda v: [
        confidence.subject_scores(
            probabilities(v[:, [0, 1, 1]])[:, :2]
            / probabilities(v[:, [0, 1, 1]])[:, :2].sum(axis=1, keepdims=True),
            LABELS % 2,
            seed=0,
            resamples=99,
        ).auc
    ],
}


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_is_the_same_in_both_types(name, data):
    single, wide = (VERDICTS[name](data(dtype)) for dtype in (np.float32, np.float64))
    # Means of equal counts agree to rounding; a tie that splits moves a rank by 1 / 60 or more.
    np.testing.assert_allclose(single, wide, rtol=3e-6, atol=3e-7)
