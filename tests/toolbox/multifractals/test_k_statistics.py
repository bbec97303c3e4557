"""k-statistics against SciPy, and without bias over every sample that can be drawn."""

import itertools

import numpy as np
from scipy.stats import kstat

from toolbox.core.streams import generator
from toolbox.multifractals.k_statistics import k_statistics


def sums(y, orders=4):
    return np.stack([(y**r).sum(axis=-1) for r in range(1, orders + 1)], axis=-1)


def test_k_statistics_equal_scipys():
    y = generator(0, "cumulants").exponential(size=(5, 30))
    expected = [[kstat(row, m) for m in range(1, 5)] for row in y]
    np.testing.assert_allclose(k_statistics(np.full(5, 30.0), sums(y)), expected, rtol=1e-9)


def test_k_statistics_are_unbiased_over_all_samples_of_a_die():
    # Four throws of a die with faces 0, 1, 5: the mean over all 81 samples is the cumulant.
    faces = np.array([0.0, 1.0, 5.0])
    throws = np.array(list(itertools.product(faces, repeat=4)))
    m = [((faces - faces.mean()) ** r).mean() for r in (2, 3, 4)]
    truth = [faces.mean(), m[0], m[1], m[2] - 3 * m[0] ** 2]
    got = k_statistics(np.full(len(throws), 4.0), sums(throws)).mean(axis=0)
    np.testing.assert_allclose(got, truth, rtol=1e-10)
