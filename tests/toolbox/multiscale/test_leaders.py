"""Leaders and p-leaders against the brute-force definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toolbox
from tests.reference.leaders import leader_positions
from toolbox.core.streams import generator


def noise(*shape):
    return generator(2, "leaders", *shape).standard_normal(shape)


def as_positions(coefficients):
    """Return the coefficients as the reference wants them: position -> values over directions."""
    scales = []
    for details, first in zip(coefficients.details, coefficients.first, strict=True):
        dim = len(first)
        bands = details.reshape(-1, *details.shape[-dim:])
        scales.append(
            {tuple(np.add(k, first)): list(bands[(..., *k)]) for k in np.ndindex(bands.shape[1:])}
        )
    return scales


shapes = st.one_of(
    st.tuples(st.integers(24, 150)), st.tuples(st.integers(18, 40), st.integers(18, 40))
)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.sampled_from(["db1", "db2", "db3"]), shapes)
def test_leaders_equal_the_definition_exactly(wavelet, shape):
    x, dim = noise(*shape), len(shape)
    leaders = toolbox.wavelet_leaders(x, dim=dim, wavelet=wavelet)
    coefficients = toolbox.wavelet_coefficients(
        x, dim=dim, wavelet=wavelet, levels=len(leaders.values)
    )
    expected = leader_positions(as_positions(coefficients))
    for values, first, scale in zip(leaders.values, leaders.first, expected, strict=True):
        assert values.size == len(scale)
        for k, value in scale.items():
            assert values[tuple(np.subtract(k, first))] == value


@pytest.mark.parametrize("shape", [(90,), (37, 30)])
@pytest.mark.parametrize(("p", "gamma"), [(1.0, 0.0), (2.0, 0.5), (0.7, 0.25), (np.inf, 1.0)])
def test_p_leaders_and_fractional_integration_equal_the_definition(shape, p, gamma):
    x, dim = noise(*shape), len(shape)
    leaders = toolbox.wavelet_leaders(x, dim=dim, wavelet="db2", p=p, gamma=gamma)
    coefficients = toolbox.wavelet_coefficients(
        x, dim=dim, wavelet="db2", levels=len(leaders.values)
    )
    expected = leader_positions(as_positions(coefficients), p=p, gamma=gamma)
    for values, first, scale in zip(leaders.values, leaders.first, expected, strict=True):
        assert values.size == len(scale)
        mine = [values[tuple(np.subtract(k, first))] for k in scale]
        np.testing.assert_allclose(mine, list(scale.values()), rtol=1e-12)


def test_large_p_tends_to_the_supremum():
    x = noise(200)
    sup = toolbox.wavelet_leaders(x, dim=1, levels=2).values[1]
    p = toolbox.wavelet_leaders(x, dim=1, levels=2, p=200.0).values[1]
    np.testing.assert_allclose(p, sup, rtol=0.05)


def test_transposing_an_image_transposes_its_leaders():
    x = noise(40, 52)
    a = toolbox.wavelet_leaders(x, dim=2)
    b = toolbox.wavelet_leaders(x.T, dim=2)
    for u, v in zip(a.values, b.values, strict=True):
        np.testing.assert_allclose(u.T, v, atol=1e-14)


def test_gain_scales_leaders_and_items_do_not_mix():
    x = noise(3, 2, 100)
    a = toolbox.wavelet_leaders(x, dim=1, levels=3)
    b = toolbox.wavelet_leaders(-4 * x[2, 1], dim=1, levels=3)
    for u, v in zip(a.values, b.values, strict=True):
        np.testing.assert_allclose(4 * u[2, 1], v, rtol=1e-12)


@pytest.mark.parametrize(
    ("argument", "options"),
    [("p", {"p": 0}), ("p", {"p": -1}), ("gamma", {"gamma": -0.5}), ("x", {"levels": 4})],
)
def test_bad_input_names_the_argument(argument, options):
    with pytest.raises(toolbox.InputError, match=f"^{argument}: wanted"):
        toolbox.wavelet_leaders(noise(40), dim=1, **options)


def test_a_signal_with_details_but_no_leader_is_refused():
    with pytest.raises(toolbox.InputError, match=r"^x: wanted an array large enough for leaders"):
        toolbox.wavelet_leaders(noise(8), dim=1)
    with pytest.raises(toolbox.InputError, match=r"^x: wanted an array large enough for leaders"):
        toolbox.wavelet_leaders(noise(22), dim=1, levels=2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("p", [0.5, 2.0, 10.0, 200.0])
def test_faint_parts_beside_strong_ones_keep_their_leaders(dtype, p):
    """Noise of 1e-12 beside noise of 1, whose powers in single precision would be zero."""
    x = noise(300).astype(dtype)
    x[150:] *= dtype(1e-12)
    x[:10] = 0
    leaders = toolbox.wavelet_leaders(x, dim=1, wavelet="db1", levels=3, p=p)
    alone = toolbox.wavelet_leaders(x[160:] * dtype(2.0**40), dim=1, wavelet="db1", levels=3, p=p)
    for values, expected in zip(leaders.values, alone.values, strict=True):
        kept = len(expected)
        np.testing.assert_allclose(
            values[-kept:] * dtype(2.0**40), expected, rtol=20 * np.finfo(dtype).eps
        )
    assert (leaders.values[0][:2] == 0).all()
