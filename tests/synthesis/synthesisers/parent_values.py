"""What every synthesiser promises of a child: the values of its parent, in a new order."""

import numpy as np


def assert_values_are_the_parents_own(samples, parents, exemplars, *, dim):
    """Compare each component's sorted values with those of its parent.

    In another size they are the parent's quantiles at the mid-ranks (Hazen, 1914), by NumPy.
    """
    components = exemplars.shape[1] if exemplars.ndim == dim + 2 else 1
    items = exemplars.reshape(-1, components, np.prod(exemplars.shape[exemplars.ndim - dim :]))
    children = samples.reshape(len(samples), components, -1)
    ranks = (np.arange(children.shape[2]) + 0.5) / children.shape[2]
    for child, parent in zip(children, parents, strict=True):
        wanted = np.quantile(items[parent], ranks, axis=-1, method="hazen").T
        np.testing.assert_allclose(np.sort(child), wanted, rtol=1e-12, atol=1e-12)
        assert not np.array_equal(child, items[parent])  # the parent itself is no child
