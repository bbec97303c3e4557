"""Values exactly, correlations closely."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synthesis.matching.values import match_components, match_values
from toolbox.core.streams import generator


@given(st.integers(0, 2**16), st.integers(2, 4))
@settings(deadline=None, max_examples=20)
def test_values_are_exact_and_correlations_close(seed, components):
    rng = generator(seed, "components")
    mixed = np.einsum(
        "kl,nlij->nkij",
        rng.standard_normal((components, components)),
        rng.gamma(1.0, size=(2, components, 24, 24)),
    )
    children = match_components(rng.standard_normal((2, components, 24, 24)), mixed, dim=2)
    for child, exemplar in zip(children, mixed, strict=True):
        flat, wanted = child.reshape(components, -1), exemplar.reshape(components, -1)
        np.testing.assert_array_equal(np.sort(flat), np.sort(wanted))
        assert np.abs(np.corrcoef(flat) - np.corrcoef(wanted)).max() < 0.05


def test_correlations_do_not_depend_on_the_components_units():
    rng = generator(3, "units")
    mixed = np.array([[1.0, 0], [0.9, 0.4]]) @ rng.gamma(1.0, size=(1, 2, 24 * 24))
    start = rng.standard_normal((1, 2, 24, 24))
    wanted = match_components(start, mixed.reshape(1, 2, 24, 24), dim=2)
    assert np.corrcoef(wanted.reshape(2, -1))[0, 1] > 0.88
    for gain in (2.0**-20, 2.0**40):
        units = np.array([1, gain])[:, None, None]
        found = match_components(start, units * mixed.reshape(1, 2, 24, 24), dim=2)
        np.testing.assert_array_equal(found, units * wanted)


def test_one_component_gets_its_values_only():
    rng = generator(1, "components")
    children, exemplars = rng.standard_normal((2, 3, 1, 16, 16))
    np.testing.assert_array_equal(
        match_components(children, exemplars, dim=2), match_values(children, exemplars, dim=2)
    )
