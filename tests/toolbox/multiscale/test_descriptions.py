"""Descriptions: against plain NumPy, invariances, sizes, components, nonsense."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import toolbox
from tests.reference.texture_statistics import plain_statistics
from toolbox.core.streams import generator
from toolbox.multiscale.descriptions import (
    Description,
    columns,
    described,
    description_labels,
    kind_means,
)


def noise(*shape, name="x"):
    return generator(3, "describe", name, *shape).standard_normal(shape)


@pytest.mark.parametrize("shape", [(40, 40), (65, 44)])
def test_statistics_equal_the_plain_reference(shape):
    image = np.cumsum(noise(*shape), axis=0)
    description = toolbox.describe(image, dim=2)
    assert_as_plainly_computed(description, image)


def assert_as_plainly_computed(description, image):
    z = (image - image.mean()) / image.std()
    levels = max(int(n.split("j=")[1][0]) for n in description.names)
    leaders = toolbox.wavelet_leaders(z, dim=2, wavelet="db2", gamma=0.5).values
    leaders = [v for v in leaders[:levels] if v.size >= 16]
    coefficients = toolbox.wavelet_coefficients(z, dim=2, wavelet="db2", levels=levels).details
    expected = plain_statistics(z, coefficients, leaders)
    assert set(expected) == set(description.names)
    ordered = [expected[name] for name in description.names]
    np.testing.assert_allclose(description.values[0], ordered, rtol=1e-5, atol=2e-5)


def test_four_scales_of_an_image_give_about_130_statistics():
    description = toolbox.describe(noise(128, 128), dim=2, levels=4)
    assert description.values.shape == (1, 126)  # four scales of bands, three of leaders
    assert len(set(description.names)) == 126


def test_every_statistic_rests_on_sixteen_coefficients():
    for size in (21, 36, 50):
        names = toolbox.describe(noise(size, size), dim=2).names
        levels = max(int(n.split("j=")[1][0]) for n in names if n.startswith("energy"))
        leaders = max(int(n.split("j=")[1][0]) for n in names if n.startswith("leader"))
        c = toolbox.wavelet_coefficients(noise(size, size), dim=2, wavelet="db2")
        ell = toolbox.wavelet_leaders(noise(size, size), dim=2, wavelet="db2")
        enough = [np.prod(d.shape[1:]) >= 16 for d in c.details]
        assert sum(enough) == levels
        assert sum(v.size >= 16 for v in ell.values) == leaders


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.floats(0.01, 1e3), st.floats(-1e3, 1e3), st.sampled_from([-1.0, 1.0]))
def test_gain_and_offset_change_nothing_and_a_negative_turns_only_the_skewness(gain, offset, sign):
    x = noise(2, 36, 36)
    a = toolbox.describe(x, dim=2)
    b = toolbox.describe(sign * gain * x + offset, dim=2)
    flip = np.array([sign if name.startswith("skewness") else 1 for name in a.names])
    np.testing.assert_allclose(a.values * flip, b.values, atol=1e-7)


def test_transposing_swaps_directions_and_nothing_else():
    x = noise(44, 44)
    swap = str.maketrans("HV", "VH")
    a, b = toolbox.describe(x, dim=2), toolbox.describe(x.T, dim=2)
    turned = {}
    for name, value in zip(b.names, b.values[0], strict=True):
        name = name.translate(swap).replace("VxH", "HxV")
        if "axis=" in name:
            name = name[:-2] + str(1 - int(name[-2])) + "]"
        turned[name] = value
    for name, value in zip(a.names, a.values[0], strict=True):
        assert turned[name] == pytest.approx(value, abs=1e-9), name


def test_an_item_is_described_the_same_in_any_company():
    x = noise(9, 40, 40)
    together = toolbox.describe(x, dim=2).values
    alone = np.concatenate([toolbox.describe(item, dim=2).values for item in x])
    np.testing.assert_array_equal(together, alone)


def test_float32_agrees_with_float64():
    x = np.cumsum(noise(5, 64, 64), axis=1)
    double = toolbox.describe(x, dim=2).values
    single = toolbox.describe(x.astype(np.float32), dim=2).values
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, atol=2e-4)


def test_components_add_their_cross_statistics():
    x = noise(4, 2, 40, 40)
    x[:, 1] = 0.6 * x[:, 0] + 0.8 * x[:, 1]
    description = toolbox.describe(x, dim=2)
    values = dict(zip(description.names, description.values.T, strict=True))
    crossed = [v.mean() for n, v in values.items() if n.startswith("component_correlation")]
    np.testing.assert_allclose(crossed, np.arctanh(0.6), atol=0.15)
    single = toolbox.describe(x[:, 1], dim=2)
    name = single.names[0]
    np.testing.assert_allclose(values[name.replace("[", "[k=1,")], single.values[:, 0], atol=1e-9)


def test_signals_have_one_band_a_scale():
    description = toolbox.describe(np.cumsum(noise(3, 500), axis=1), dim=1)
    assert {"energy[j=1]", "neighbour_correlation[j=2]"} <= set(description.names)
    assert len(description.names) == len(set(description.names)) == description.values.shape[1]


def columns_of(description, statistic):
    start = f"{statistic}["
    return description.values[:, [n.startswith(start) for n in description.names]]


def in_parts(x, *, dim):
    """Describe few items at a time: for those nothing is compiled."""
    few = 2**16 // x[0].size
    parts = [toolbox.describe(x[i : i + few], dim=dim) for i in range(0, len(x), few)]
    return replace(parts[0], values=np.concatenate([part.values for part in parts]))


def test_asymmetry_in_time_equals_plain_skewness_of_increments():
    x = np.cumsum(noise(3, 2, 500) ** 3, axis=-1)
    got = toolbox.describe(x, dim=1)
    levels = sum(name.startswith("energy[k=0") for name in got.names)
    assert got.groups[got.names.index("time_asymmetry[k=1,j=2]")] == "asymmetry"
    values = columns_of(got, "time_asymmetry").reshape(3, 2, levels)
    for i, k, j in np.ndindex(values.shape):
        d = x[i, k, 2 ** (j + 1) :] - x[i, k, : -(2 ** (j + 1))]
        assert np.tan(values[i, k, j]) == pytest.approx(scipy.stats.skew(d), abs=1e-6)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.floats(0.01, 1e3), st.floats(-1e3, 1e3), st.sampled_from([-1.0, 1.0]))
def test_asymmetry_in_time_is_odd_under_reversal_and_blind_to_gain_and_offset(gain, offset, sign):
    x = np.cumsum(noise(2, 700) ** 3, axis=-1)
    a = columns_of(toolbox.describe(x, dim=1), "time_asymmetry")
    b = columns_of(toolbox.describe(sign * gain * x[:, ::-1] + offset, dim=1), "time_asymmetry")
    np.testing.assert_allclose(-sign * a, b, atol=1e-7)


def test_asymmetry_in_time_is_zero_on_average_where_time_has_no_direction():
    motion = toolbox.fractional_field(1024, hurst=0.7, n=300, seed=4).values
    walk = toolbox.multifractal_field(1024, hurst=0.4, intermittency=0.05, n=300, seed=4).values
    gaps = np.exp(noise(300, 1024))  # skewed values, each its own: no order, no direction
    for x in (motion, walk, gaps):
        values = columns_of(in_parts(x, dim=1), "time_asymmetry")
        error = values.std(axis=0, ddof=1) / np.sqrt(300)
        assert (np.abs(values.mean(axis=0)) < 4 * error).all()


def test_asymmetry_in_time_sees_which_way_a_skewed_walk_runs():
    law = {"hurst": 0.35, "intermittency": 0.03, "asymmetry": 0.5}
    x = toolbox.skewed_walk(4096, n=60, seed=0, **law).values
    forward, backward = in_parts(x, dim=1), in_parts(x[:, ::-1], dim=1)
    values = columns_of(forward, "time_asymmetry")
    assert (values.mean(axis=0) < -4 * values.std(axis=0, ddof=1) / np.sqrt(60)).all()
    # The skewness of coefficients changes too, but is negative both ways: the wavelet is skewed.
    pair = [columns_of(d, "skewness")[:, 1] for d in (forward, backward)]
    assert abs(pair[0] - pair[1]).min() > 0
    assert all(v.mean() < -4 * v.std(ddof=1) / np.sqrt(60) for v in pair)


def test_asymmetry_in_time_stays_finite_on_straight_and_periodic_signals():
    for x in (np.arange(200.0), np.arange(200) % 2.0):
        np.testing.assert_allclose(
            columns_of(toolbox.describe(x, dim=1), "time_asymmetry"), 0, atol=1e-6
        )
    assert not [n for n in toolbox.describe(noise(40, 40), dim=2).names if "time" in n]


def test_heavy_tails_raise_kurtosis_and_leader_variance():
    gaussian, heavy = noise(20, 64, 64), noise(20, 64, 64, name="heavy") ** 3
    a, b = in_parts(gaussian, dim=2), in_parts(heavy, dim=2)
    for start in ("kurtosis[j=1", "leader_variance[j=1"):
        columns = [i for i, name in enumerate(a.names) if name.startswith(start)]
        assert (b.values[:, columns].mean(axis=0) > a.values[:, columns].mean(axis=0) + 0.3).all()


def test_bands_of_many_zeros_are_as_plainly_computed():
    steps = np.kron(noise(10, 10), np.ones((4, 4)))  # whole blocks: most fine coefficients are 0
    for image in (steps, np.round(noise(40, 40))):
        assert_as_plainly_computed(toolbox.describe(image, dim=2), image)


def test_empty_bands_have_the_smallest_energy_and_are_else_as_gaussian_noise():
    stripes = np.tile(np.arange(40.0) % 2, (40, 1))  # down the rows nothing changes at all
    found = toolbox.describe(stripes, dim=2)
    values = dict(zip(found.names, found.values[0], strict=True))
    # The fastest wave fills the finest band across the columns, where all its coefficients are 1 or
    # all are -1, and no other band: low-pass filters do not see it.
    full = "[j=1,V]"
    bands = [name.removeprefix("energy") for name in values if name.startswith("energy")]
    for band in bands:
        there = band == full
        energy = -np.log2(1e-12) * (there - 1 / len(bands))
        assert values[f"energy{band}"] == pytest.approx(energy)
        sparsity, kurtosis = (0, 0) if there else (0.5 * np.log2(2 / np.pi), np.log(3))
        assert values[f"sparsity{band}"] == pytest.approx(sparsity, abs=1e-9)
        assert values[f"kurtosis{band}"] == pytest.approx(kurtosis, abs=1e-9)
        assert abs(values[f"skewness{band}"]) == pytest.approx(np.pi / 4 * there, abs=1e-5)
    dependences = [v for name, v in values.items() if "dependence" in name or "correlation" in name]
    np.testing.assert_allclose(dependences, 0, atol=1e-4)


@pytest.mark.parametrize(("dtype", "left"), [(np.float64, 1e-9), (np.float32, 0.05)])
def test_bands_that_only_rounding_fills_are_as_uncorrelated_gaussian_noise(dtype, left):
    row, gaussian = noise(44), {"sparsity": 0.5 * np.log2(2 / np.pi), "kurtosis": np.log(3)}
    for gain, offset in ((1, 0), (3.7, 20), (0.013, -1)):  # rounded in another way each time
        stripes = np.tile((gain * row + offset).astype(dtype), (44, 1))  # no change down the rows
        found = toolbox.describe(stripes, dim=2)
        for name, value in zip(found.names, found.values[0], strict=True):
            if ("H" in name or "D" in name) and not name.startswith("energy"):
                expected = gaussian.get(name.partition("[")[0], 0)
                assert abs(value - expected) < left, (name, value)


def test_too_small_or_constant_is_refused():
    with pytest.raises(toolbox.InputError, match=r"^x: wanted space large enough for levels=3"):
        toolbox.describe(noise(40, 40), dim=2, levels=3)
    with pytest.raises(toolbox.InputError, match=r"^x: wanted values that vary, got a constant it"):
        toolbox.describe(np.stack([noise(40, 40), np.ones((40, 40))]), dim=2)


@pytest.mark.parametrize("shape", [(2, 1, 300), (2, 2, 40, 36)])
def test_the_labels_are_known_without_a_description(shape):
    found = toolbox.describe(noise(*shape), dim=len(shape) - 2)
    said = zip(found.names, found.groups, found.kinds, found.scales.tolist(), strict=True)
    assert description_labels(shape) == list(said)


def by_hand(names, **said):
    return Description(values=np.ones((2, len(names))), names=names, groups=names, **said)


NAMES = ("energy[j=1,H]", "energy[j=1,V]", "energy[j=2,H]", "skew", "time_asymmetry[j=3]")
KINDS, SCALES = ("energy",) * 3 + ("skew", "time_asymmetry"), np.array([1, 1, 2, 0, 3])


def test_weights_of_kinds_by_hand():
    known = by_hand(NAMES, kinds=KINDS, scales=SCALES)
    weights = kind_means(known, dim=2)
    np.testing.assert_allclose(weights[:, 0], [4 / 9, 4 / 9, 1 / 9, 0, 0])
    np.testing.assert_allclose(weights[:, 1:].T, [[0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])
    np.testing.assert_allclose(kind_means(known, dim=1)[:3, 0], [0.4, 0.4, 0.2])


def test_kinds_and_scales_that_nobody_said_are_read_from_the_names():
    read = described(by_hand(NAMES), "x", dim=2)
    assert read.kinds == KINDS
    assert read.scales.tolist() == SCALES.tolist()
    said = by_hand(NAMES, kinds=("a", "a", "b", "b", "c"), scales=np.array([5, 4, 3, 2, 1]))
    assert described(said, "x", dim=2).kinds == said.kinds


@pytest.mark.parametrize(
    ("dim", "shape"), [(1, (3, 2, 400)), (2, (3, 40, 40)), (2, (3, 2, 40, 40))]
)
def test_kinds_and_scales_are_those_that_the_names_say(dim, shape):
    found = toolbox.describe(noise(*shape), dim=dim)
    names_alone = Description(values=found.values, names=found.names, groups=found.groups)
    read = described(names_alone, "x", dim=dim)
    assert read.kinds == found.kinds
    assert read.scales.tolist() == found.scales.tolist()


@pytest.mark.parametrize(("dim", "shape"), [(1, (3, 2, 400)), (2, (3, 2, 40, 40))])
def test_means_of_kinds_keep_components_apart(dim, shape):
    description = toolbox.describe(noise(*shape), dim=dim)
    weights = kind_means(description, dim=dim)
    np.testing.assert_allclose(weights.sum(axis=0), 1)
    assert ((weights > 0).sum(axis=1) == 1).all()
    for column in weights.T:
        names = [n for n, w in zip(description.names, column, strict=True) if w]
        assert len({n.split("[")[0] for n in names}) == 1
        assert len({n.split("[")[1].split(",")[0] for n in names}) == 1  # k=0, k=1 or 0x1
    kinds = {n.split("[")[0] for n in description.names}
    crossed = sum(kind.startswith("component_") for kind in kinds)
    assert weights.shape[1] == 2 * (len(kinds) - crossed) + crossed


def test_columns_are_taken_with_all_that_is_known_of_them():
    known = by_hand(NAMES, kinds=KINDS, scales=SCALES)
    some = columns(known, np.array([False, True, False, False, True]))
    assert some.values.shape == (2, 2)
    assert some.names == some.groups == ("energy[j=1,V]", "time_asymmetry[j=3]")
    assert some.kinds == ("energy", "time_asymmetry")
    assert some.scales.tolist() == [1, 3]


@pytest.mark.parametrize("gain", [1e-30, 1e-21, 1e18, 1e30])
def test_single_precision_at_the_ends_of_its_range(gain):
    image = np.cumsum(noise(40, 40), axis=0).astype(np.float32)
    plain = toolbox.describe(image, dim=2).values
    scaled = toolbox.describe((image * np.float32(gain)), dim=2).values
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, plain, atol=2e-4)
