"""The quality index: its expectation, the size and power of its tests, units, copies, nonsense."""

import numpy as np
import pytest
from scipy.stats import binom, f

from synthesis import phase_randomised, quality
from toolbox import InputError, describe, multifractal_field
from toolbox.core.streams import generator
from toolbox.multiscale.descriptions import Description
from toolbox.resampling.arrangements import (
    adjusted_p,
    assignments,
    p_values,
    smallest_p,
    squared_shifts,
)

F = 24
GROUPS = ("spectrum",) * 8 + ("sparsity",) * 6 + ("dependence",) * 10
NAMES = tuple(f"statistic{k}" for k in range(F))
MIXING = 0.7 ** np.abs(np.subtract.outer(np.arange(F), np.arange(F)))  # correlated statistics


def stream(*names):
    return generator(7, "quality", *names)


def described(values):
    return Description(values=np.asarray(values), names=NAMES, groups=GROUPS)


def gaussian(rng, n, *, heavy=False):
    draws = rng.standard_t(4, (n, F)) if heavy else rng.standard_normal((n, F))
    return draws @ MIXING


def compared(a, b, *, seed=0, resamples=199, **options):
    return quality(described(a), described(b), dim=2, seed=seed, resamples=resamples, **options)


def assert_size(p, alpha=0.1, *, two_sided=True):
    """Check the count of p <= alpha against the exact binomial law, at one in a thousand a side."""
    p = np.asarray(p)
    count = int((p <= alpha).sum())
    assert count <= binom.ppf(0.999, len(p), alpha)
    if two_sided:
        assert count >= binom.ppf(0.001, len(p), alpha)


# --------------------------------------------------------------------------------------- the index


@pytest.mark.parametrize(("n", "m"), [(5, 5), (10, 10), (30, 30), (5, 30), (3, 4)])
def test_index_is_one_on_average_for_sets_of_one_law(n, m):
    rng = stream("expectation", n, m)
    values = [compared(gaussian(rng, n), gaussian(rng, m), resamples=1).index for _ in range(200)]
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    assert abs(np.mean(values) - 1) < 3 * error
    assert error < 0.25


@pytest.mark.usefixtures("compiled_in_haste")
def test_index_is_one_on_average_for_white_noise_images():
    rng = stream("images")
    description = describe(rng.standard_normal((1200, 32, 32)), dim=2)
    for n in (5, 10, 30):
        sets = [
            description.values[start : start + 2 * n] for start in range(0, 1201 - 2 * n, 2 * n)
        ]
        values = [
            quality(
                Description(values=s[:n], names=description.names, groups=description.groups),
                Description(values=s[n:], names=description.names, groups=description.groups),
                dim=2,
                seed=0,
                resamples=1,
            ).index
            for s in sets
        ]
        assert abs(np.mean(values) - 1) < 3 * np.std(values, ddof=1) / np.sqrt(len(values))


def test_index_terms_follow_the_f_law():
    rng = stream("F")
    a, b = rng.standard_normal((4, 20000)), rng.standard_normal((6, 20000))
    z2, _ = squared_shifts(np.concatenate([a, b]), np.array([[True] * 4 + [False] * 6]))
    for level in (0.5, 0.9, 0.99):
        share = np.mean(z2 <= f.ppf(level, 1, 8))
        assert abs(share - level) < 4 * np.sqrt(level * (1 - level) / 20000)


def test_index_by_hand():
    a, b = np.array([[0.0], [2.0], [4.0]]), np.array([[5.0], [7.0], [9.0]])
    one = {"names": ("x",), "groups": ("spectrum",)}
    q = quality(Description(values=a, **one), Description(values=b, **one), dim=2, seed=0)
    # difference 5, pooled variance 4 on nu = 4 degrees of freedom: 25 / (4 (1/3 + 1/3)) * 2/4
    assert q.index == pytest.approx(25 / (8 / 3) / 2)
    assert q.group_indices == {"spectrum": pytest.approx(q.index)}
    assert q.contributions == {"x": 1.0}
    assert q.spread_ratio == pytest.approx(1)
    assert q.p_value == pytest.approx(2 / 20)  # all 20 assignments; this one and its mirror
    assert "cannot go below p = 0.1" in q.note


def test_scale_and_offset_of_a_statistic_do_not_matter():
    rng = stream("scale")
    a, b = gaussian(rng, 9), gaussian(rng, 8)
    scale, offset = np.exp(rng.standard_normal(F) * 3), 50 * rng.standard_normal(F)
    one, two = compared(a, b), compared(a * scale + offset, b * scale + offset)
    assert two.index == pytest.approx(one.index)
    assert two.p_value == one.p_value
    assert two.duplicate_p_value == one.duplicate_p_value


def test_same_seed_same_answer_and_order_of_items_does_not_matter_to_the_index():
    rng = stream("order")
    a, b = gaussian(rng, 9), gaussian(rng, 8)
    assert compared(a, b, seed=3).p_value == compared(a, b, seed=3).p_value
    assert compared(a[::-1], b, seed=3).index == pytest.approx(compared(a, b, seed=3).index)


# --------------------------------------------------------------------------------------- the tests


def null(n, m, repetitions, **options):
    rng = stream("null", n, m, repetitions)
    return [
        compared(gaussian(rng, n, **options), gaussian(rng, m, **options), seed=r)
        for r in range(repetitions)
    ]


@pytest.mark.parametrize(("n", "m", "heavy"), [(10, 10, False), (5, 25, True)])
def test_every_p_value_keeps_its_level_under_the_null(n, m, heavy):
    results = null(n, m, 300, heavy=heavy)
    assert_size([q.p_value for q in results])
    assert_size([q.duplicate_p_value for q in results])
    assert_size([min(q.group_p_values.values()) for q in results])


@pytest.mark.long
@pytest.mark.parametrize(("n", "m"), [(30, 30), (5, 50), (12, 12)])
def test_p_values_keep_every_level_under_the_null(n, m):
    results = null(n, m, 1000, heavy=True)
    for alpha in (0.01, 0.05, 0.1, 0.5):
        # the smallest of several p-values has ties: slightly conservative, most at the ends
        two_sided = alpha in (0.05, 0.1)
        assert_size([q.p_value for q in results], alpha, two_sided=two_sided)
        assert_size([q.duplicate_p_value for q in results], alpha, two_sided=two_sided)
        smallest = [min(q.group_p_values.values()) for q in results]
        assert_size(smallest, alpha, two_sided=two_sided)


def test_all_assignments_once_when_they_are_few():
    table = assignments(2, 3, resamples=999, generator=stream("few"))
    assert len({tuple(row) for row in table}) == len(table) == 10
    assert table[0].tolist() == [True, True, False, False, False]
    many = assignments(20, 30, resamples=99, generator=stream("many"))
    assert many.shape == (100, 50)
    assert (many.sum(axis=1) == 20).all()


def test_p_values_and_their_corrections_on_a_small_table():
    statistics = np.array([[3.0, 1.0], [1.0, 5.0], [2.0, 5.0], [0.0, 0.0]])
    table = p_values(statistics)
    np.testing.assert_allclose(table, [[0.25, 0.75], [0.75, 0.5], [0.5, 0.5], [1.0, 1.0]])
    assert smallest_p(table) == 0.25  # smallest a row: .25 .5 .5 1
    np.testing.assert_allclose(adjusted_p(table), [0.25, 0.75])


def test_a_shift_is_seen_in_its_group_and_not_in_the_others():
    rng = stream("shift")
    found, elsewhere = 0, []
    for r in range(40):
        a, b = gaussian(rng, 20), gaussian(rng, 20)
        a[:, :8] += 2
        q = compared(a, b, seed=r)
        found += q.p_value <= 0.05 and q.group_p_values["spectrum"] <= 0.05
        elsewhere.append(q.group_p_values["sparsity"])
        assert max(q.group_indices, key=q.group_indices.get) == "spectrum"
        assert sum(name in NAMES[:9] for name in q.contributions) >= 6
    assert found >= 38
    assert_size(elsewhere, two_sided=False)


def test_phase_randomised_textures_are_told_from_multifractal_ones():
    fields = multifractal_field((48, 48), hurst=0.6, intermittency=0.05, n=40, seed=1).values
    surrogates = phase_randomised(fields[:20], dim=2, n=20, seed=0).samples
    q = quality(surrogates, fields[20:], dim=2, seed=0)
    real = quality(fields[:20], fields[20:], dim=2, seed=0)
    assert q.p_value <= 0.01
    assert q.group_p_values["sparsity"] <= 0.01
    assert q.index > 5 > real.index
    assert real.p_value > 0.01


# -------------------------------------------------------------------------------------- duplicates


def test_near_copies_are_caught_where_the_means_agree():
    rng = stream("duplicates")
    within, memorised = [], []
    for r in range(20):
        reference = gaussian(rng, 30)
        repeated = np.repeat(gaussian(rng, 6), 5, axis=0)
        repeated += 0.01 * rng.standard_normal((30, F))
        q = compared(repeated, reference, seed=r)
        within.append(q.duplicate_p_value <= 0.05)
        assert q.duplicates == 1
        copies = gaussian(rng, 30)
        copies[:8] = reference[:8] + 0.01 * rng.standard_normal((8, F))
        q = compared(copies, reference, seed=r)
        memorised.append(q.duplicate_p_value <= 0.05)
        assert 8 / 30 <= q.duplicates <= 10 / 30
    assert np.mean(within) == 1
    assert np.mean(memorised) >= 0.95


def test_exact_copies_and_lost_diversity_are_caught():
    rng = stream("spread")
    reference = gaussian(rng, 20)
    assert compared(np.tile(gaussian(rng, 5), (4, 1)), reference).duplicate_p_value <= 0.01
    narrow = compared(0.5 * gaussian(rng, 20), reference)
    assert narrow.duplicate_p_value <= 0.01
    assert 0.1 < narrow.spread_ratio < 0.5


def test_a_shift_or_too_much_spread_is_not_called_a_copy():
    rng = stream("not copies")
    shifted = [
        compared(gaussian(rng, 15) + 3, gaussian(rng, 15), seed=r).duplicate_p_value
        for r in range(40)
    ]
    wide = [
        compared(2 * gaussian(rng, 15), gaussian(rng, 15), seed=r).duplicate_p_value
        for r in range(40)
    ]
    assert_size(shifted, two_sided=False)
    assert_size(wide, two_sided=False)


# ------------------------------------------------------------------------------------------- units


def test_crops_of_few_units_do_not_reject_too_often():
    rng = stream("units")
    by_unit, by_item, indices = [], [], []
    units = np.repeat(np.arange(6), 8)
    for r in range(200):
        a, b = (np.repeat(gaussian(rng, 6), 8, axis=0) + gaussian(rng, 48) for _ in range(2))
        q = compared(a, b, seed=r, units=units, reference_units=units + 6)
        by_unit += [q.p_value, q.duplicate_p_value]
        indices.append(q.index)
        if r < 40:
            by_item.append(compared(a, b, seed=r).p_value)
    assert_size(by_unit[::2])
    assert_size(by_unit[1::2])
    assert np.mean(np.array(by_item) <= 0.05) > 0.5  # why units are needed
    assert abs(np.mean(indices) - 1) < 3 * np.std(indices) / np.sqrt(len(indices))


def test_crops_of_one_photograph_give_no_p_value():
    rng = stream("one photograph")
    a, b, further = gaussian(rng, 10), gaussian(rng, 12), gaussian(rng, 20)
    q = compared(a, b, reference_units=["brick"] * 12, baseline=described(further))
    assert np.isnan(q.p_value)
    assert np.isnan(q.duplicate_p_value)
    assert all(np.isnan(p) for p in q.group_p_values.values())
    assert "fewer than two independent units" in q.note
    assert q.index == pytest.approx(compared(a, b).index)
    assert q.units == (10, 12)


@pytest.mark.parametrize("theirs", [[*"2233"], [2, 2, 3, 3]])
def test_a_unit_on_both_sides_leaves_no_p_value(theirs):
    rng = stream("shared")  # a file may have kept numbers as texts
    q = compared(gaussian(rng, 4), gaussian(rng, 4), units=[1, 1, 2, 2], reference_units=theirs)
    assert np.isnan(q.p_value)
    assert "on both sides" in q.note


def test_baseline_is_read_at_the_size_of_the_samples():
    rng = stream("baseline")
    excess = []
    for _ in range(60):
        reference, further, samples = gaussian(rng, 15), gaussian(rng, 60), gaussian(rng, 10)
        shift = np.full(F, 1.5)
        q = compared(samples + shift, reference, baseline=described(further + shift), resamples=1)
        excess.append(q.index - q.baseline_index)
    assert abs(np.mean(excess)) < 3 * np.std(excess) / np.sqrt(60)


def test_two_units_a_side_have_an_index_of_items():
    rng = stream("two units")
    q = compared(
        gaussian(rng, 6),
        gaussian(rng, 6),
        units=[2] * 3 + [3] * 3,
        reference_units=[0, 0, 0, 1, 1, 1],
    )
    assert q.units == (6, 6)
    assert q.p_value >= 2 / 6
    assert "cannot go below p = 0.333" in q.note
    tiny = compared(gaussian(rng, 2), gaussian(rng, 2))
    assert np.isnan(tiny.index)
    assert "no index" in tiny.note


# ---------------------------------------------------------------------------------------- nonsense


def test_statistics_that_do_not_vary_are_left_out():
    rng = stream("constant")
    a, b = gaussian(rng, 8), gaussian(rng, 9)
    a[:, 3] = b[:, 3] = 1 / 3
    a[:, 5], b[:, 5] = 0.1, 0.7
    q = compared(a, b)
    assert np.isfinite([q.index, q.p_value, q.spread_ratio, q.duplicate_p_value]).all()
    assert "1 statistics that never vary" in q.note
    assert "1 statistics that are constant within both sets" in q.note
    assert q.p_value < 0.01  # the difference of the constant one is not hidden


def test_bad_sets_are_refused():
    rng = stream("bad")
    a, b = gaussian(rng, 5), gaussian(rng, 6)
    other = Description(values=a[:, :4], names=NAMES[:4], groups=GROUPS[:4])
    with pytest.raises(InputError, match="samples: wanted at least 2 items"):
        compared(a[:1], b)
    with pytest.raises(InputError, match="reference: wanted at least 2 items"):
        compared(a, b[:1])
    with pytest.raises(InputError, match="samples: wanted the same 24 statistics"):
        quality(other, described(b), dim=2, seed=0)
    with pytest.raises(InputError, match="samples: wanted statistics that vary"):
        compared(np.ones((3, F)), np.ones((3, F)))
    with pytest.raises(InputError, match="units"):
        compared(a, b, units=[1, 2])
    with pytest.raises(InputError, match="resamples"):
        compared(a, b, resamples=0)
    with pytest.raises(InputError, match="samples: wanted finite"):
        compared(a * np.nan, b)


def test_plot_shows_every_group():
    rng = stream("plot")
    found = compared(gaussian(rng, 8), gaussian(rng, 9))
    figure = found.plot()
    figure.canvas.draw()
    (axes,) = figure.axes
    names = list(dict.fromkeys(GROUPS))
    assert [t.get_text() for t in axes.get_yticklabels()] == names
    assert [bar.get_width() for bar in axes.patches] == [found.group_indices[n] for n in names]
    p_values = [found.group_p_values[n] for n in names]
    assert [t.get_text() for t in axes.texts] == [f"p = {p:.3g}" for p in p_values]
    assert f"all: {found.index:.3g};" in axes.get_xlabel()


def test_a_small_shift_of_a_whole_kind_is_seen():
    rng = generator(0, "a kind shifts")
    names = tuple(f"{kind}[j={j}]" for kind in "abcdefgh" for j in (1, 1, 1, 2, 2, 2))
    found = []
    for _ in range(20):
        x = rng.standard_normal((40, len(names)))
        x[:20, :6] += 0.8  # one kind of eight
        sets = [
            Description(values=v, names=names, groups=("some",) * len(names))
            for v in (x[:20], x[20:])
        ]
        found.append(quality(*sets, dim=2, seed=0, resamples=199).p_value <= 0.05)
    assert np.mean(found) >= 0.8  # the mean moves by 1.7 sd: T^2 of eight means has power .97
