"""Scores of continual learning: published tables, a table by hand, intervals by simulation."""

import numpy as np
import pytest

from labelling import continual_scores
from toolbox import InputError
from toolbox.core.streams import generator

# Accuracies in percent on 11 domains, in rows after each was learned, in the order of the paper
# (aircraft, Caltech101, CIFAR100, DTD, EuroSAT, Flowers, Food, MNIST, Pets, Cars, SUN397), as
# stored in the outputs of mtil/results.ipynb of github.com/Thunderbeee/ZSCL (commit b96e714,
# "Table 3"), rounded to two decimals: Z. Zheng et al., ICCV 2023, CLIP ViT-B/16.
ZERO_SHOT = [24.3, 88.4, 68.2, 44.6, 54.9, 71.0, 88.5, 59.4, 89.0, 64.7, 65.2]
FINE_TUNING = [
    [62.62, 67.11, 42.96, 30.80, 45.96, 46.20, 64.23, 43.06, 69.28, 26.60, 51.83],
    [15.69, 93.38, 49.00, 31.33, 36.20, 32.88, 60.51, 48.02, 65.79, 15.83, 51.22],
    [24.42, 90.38, 88.78, 34.15, 36.31, 32.54, 57.83, 46.26, 73.26, 22.88, 54.61],
    [25.98, 89.63, 78.92, 76.91, 24.00, 34.61, 60.85, 49.12, 70.13, 23.36, 52.55],
    [22.65, 88.08, 70.56, 68.99, 98.81, 28.79, 49.23, 41.44, 60.04, 21.86, 46.64],
    [22.86, 88.08, 70.77, 69.68, 98.46, 96.06, 53.70, 39.00, 64.57, 22.56, 48.29],
    [27.42, 90.21, 76.69, 72.50, 97.96, 89.30, 92.15, 41.84, 73.45, 35.83, 57.12],
    [2.28, 33.93, 4.89, 20.00, 21.76, 11.07, 7.87, 99.59, 10.25, 2.35, 17.98],
    [17.88, 80.65, 43.92, 51.28, 74.15, 61.98, 80.55, 99.60, 93.32, 13.24, 39.45],
    [27.30, 85.43, 57.25, 61.81, 89.65, 65.78, 82.53, 99.51, 93.24, 87.61, 46.22],
    [31.02, 89.29, 65.83, 67.34, 88.94, 71.08, 85.56, 99.55, 92.91, 77.25, 81.14],
]
ZSCL = [
    [55.12, 86.00, 66.33, 44.89, 49.24, 70.56, 88.34, 53.58, 87.38, 61.30, 65.68],
    [48.87, 94.18, 68.55, 44.68, 50.44, 66.97, 87.63, 55.19, 85.01, 61.01, 65.94],
    [47.13, 93.15, 86.20, 46.49, 50.13, 68.84, 87.70, 63.43, 87.60, 60.56, 67.45],
    [47.01, 93.84, 84.99, 76.17, 51.74, 69.95, 87.77, 65.87, 88.39, 61.21, 67.15],
    [46.14, 92.80, 83.97, 75.00, 97.76, 69.08, 87.15, 67.56, 87.98, 60.30, 67.09],
    [43.77, 92.51, 83.21, 73.46, 97.24, 96.34, 87.10, 63.30, 86.48, 58.84, 66.85],
    [44.34, 92.22, 82.89, 71.22, 96.78, 93.76, 92.20, 63.47, 87.27, 60.27, 67.91],
    [41.94, 91.94, 80.48, 67.82, 95.30, 89.51, 91.86, 99.01, 84.38, 58.40, 66.47],
    [41.61, 91.82, 81.32, 68.19, 95.67, 90.73, 91.98, 98.84, 95.28, 58.87, 66.43],
    [39.78, 91.88, 81.82, 68.88, 95.70, 91.62, 91.84, 98.76, 94.47, 85.85, 67.33],
    [40.62, 92.17, 81.29, 70.53, 94.76, 90.49, 91.89, 98.71, 93.87, 85.30, 80.22],
]
PUBLISHED = {  # transfer, average, last
    "zero-shot": ([ZERO_SHOT] * 11, (69.4, 65.3, 65.3)),
    "fine-tuning": (FINE_TUNING, (44.6, 55.9, 77.3)),
    "ZSCL": (ZSCL, (68.1, 75.4, 83.6)),
}
BY_TASK = {  # fine-tuning's, as printed beside the table
    "transfer": [67.1, 46.0, 32.1, 35.6, 35.0, 57.7, 44.1, 60.8, 20.5, 46.6],
    "average": [25.5, 81.5, 59.1, 53.2, 64.7, 51.8, 63.2, 64.3, 69.7, 31.8, 49.7],
}
ROUNDED = 0.056  # of one decimal, and of tables of two


@pytest.mark.parametrize("method", PUBLISHED)
def test_published_tables_give_the_published_scores(method):
    table, wanted = PUBLISHED[method]
    found = continual_scores(table, zero_shot=ZERO_SHOT)
    np.testing.assert_allclose(
        (found.transfer, found.average, found.last), wanted, rtol=0, atol=ROUNDED
    )
    if method == "zero-shot":
        assert found.forgetting == found.backward == found.forward == 0


def test_published_scores_task_by_task():
    found = continual_scores(FINE_TUNING).by_task
    np.testing.assert_allclose(found["transfer"][1:], BY_TASK["transfer"], atol=ROUNDED)
    np.testing.assert_allclose(found["average"], BY_TASK["average"], atol=ROUNDED)


def test_a_table_by_hand():
    table = [[8, 9, 4], [9, 6, 1], [5, 7, 3]]  # the second task was best before it was learned
    found = continual_scores(table, zero_shot=[1, 1, 2])
    assert found.average == pytest.approx(52 / 9)
    assert found.last == pytest.approx(5)
    assert found.transfer == pytest.approx((9 + (4 + 1) / 2) / 2)
    assert found.forgetting == pytest.approx(((9 - 5) + (6 - 7)) / 2)
    assert found.backward == pytest.approx(((5 - 8) + (7 - 6)) / 2)
    assert found.forward == pytest.approx(((9 - 1) + (1 - 2)) / 2)
    np.testing.assert_array_equal(found.by_task["forgetting"], [4, -1, np.nan])
    assert np.isnan(found.intervals["last"]).all()
    assert np.isnan(continual_scores(table).forward)
    image = found.plot().axes[0].images[0].get_array()
    np.testing.assert_array_equal(image, table)
    assert np.isnan(found.spread).all()


def test_every_accuracy_comes_with_its_spread_over_retrainings():
    runs = np.array([[[8, 2], [5, 7]], [[6, 2], [5, 9]], [[7, 5], [5, 5]]])
    found = continual_scores(runs)
    np.testing.assert_allclose(found.accuracies, [[7, 3], [5, 7]])
    np.testing.assert_allclose(found.spread, [[1, 3**0.5], [0, 2]])
    # Student's with two degrees of freedom, at 95 %: 4.3027 standard errors of the mean.
    last = np.array([6, 7, 5])
    half = 4.302653 * last.std(ddof=1) / 3**0.5
    np.testing.assert_allclose(found.intervals["last"], [6 - half, 6 + half], rtol=1e-6)


def test_intervals_hold_the_mean_over_retrainings_as_often_as_said():
    rng = generator(0, "retrainings")
    centre = rng.uniform(40, 90, size=(3, 3))
    truth = continual_scores(centre)
    tables = centre + rng.standard_normal((500, 4, 3, 3))
    held = {"last": 0, "forgetting": 0, "transfer": 0}
    for runs in tables:
        found = continual_scores(runs, level=0.8)
        for name in held:
            low, high = found.intervals[name]
            held[name] += low <= getattr(truth, name) <= high
    for name in ("last", "transfer"):
        assert abs(held[name] / 500 - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 500)


def test_what_is_no_table_is_refused():
    for table in ([[0.5]], [[1, 2, 3], [4, 5, 6]], [0.2, 0.4]):
        with pytest.raises(InputError, match=r"accuracies: wanted \(tasks, tasks\)"):
            continual_scores(table)
    for table in ([[0.5, -0.1], [0.2, 0.3]], [[50, 101], [20, 30]]):
        with pytest.raises(InputError, match="accuracies: wanted shares from 0 to 1, or percent"):
            continual_scores(table)
    with pytest.raises(InputError, match="zero_shot: wanted shares from 0"):
        continual_scores([[50, 10], [20, 30]], zero_shot=[-1, 2])
    with pytest.raises(InputError, match="zero_shot: wanted shares, as the accuracies"):
        continual_scores([[0.5, 0.1], [0.2, 0.3]], zero_shot=[20, 30])
    with pytest.raises(InputError, match="zero_shot: wanted"):
        continual_scores(FINE_TUNING, zero_shot=[1, 2])
