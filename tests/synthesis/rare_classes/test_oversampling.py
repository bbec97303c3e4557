"""Oversampling: only what passed the gate comes out, with its parents; otherwise nothing."""

from types import SimpleNamespace

import numpy as np
import pytest

from synthesis import gate, oversample, phase_randomised, wavelet_synthesis
from synthesis.rare_classes import oversampling
from toolbox import InputError, describe, multifractal_field
from toolbox.core.streams import generator, integer
from toolbox.core.units import ASSUMED

SIZE = 40


def fields(name, n, intermittency):
    law = {"shape": (SIZE, SIZE), "hurst": 0.6, "intermittency": intermittency}
    return multifractal_field(**law, n=n, seed=integer(7, "oversample", name)).values.copy()


RARE = fields("rare", 16, 0.08)
MAJORITY = fields("majority", 64, 0.01)


def oracle(exemplars, *, dim, n, seed):
    """Fresh draws of the true law, which no parent has anything to do with."""
    samples = fields(f"oracle {seed}", n, 0.08)
    return SimpleNamespace(samples=samples, parents=np.arange(n) % len(exemplars))


def copies(exemplars, *, dim, n, seed):
    parents = np.arange(n) % len(exemplars)
    noise = 1e-3 * generator(seed, "copies").standard_normal((n, *exemplars.shape[1:]))
    return SimpleNamespace(samples=exemplars[parents] + noise, parents=parents)


def test_an_oracle_is_accepted_and_measured_as_real():
    more = oversample(
        RARE,
        n=16,
        majority=MAJORITY,
        dim=2,
        seed=1,
        synthesiser=oracle,
        reference=fields("r", 16, 0.08),
    )
    assert more.samples.shape == (16, SIZE, SIZE)
    assert more.parents.shape == (16,)
    assert not more.gate.abstained
    assert more.quality.index < 4
    assert more.quality.units == (len(np.unique(more.parents)), 16)
    assert more.note == ASSUMED


def test_samples_are_exactly_the_first_accepted_candidates():
    more = oversample(RARE, n=12, majority=MAJORITY, dim=2, seed=2, synthesiser=oracle)
    accepted = np.flatnonzero(more.gate.accepted)[:12]
    again = gate(
        describe(more.samples, dim=2), RARE, majority=MAJORITY, dim=2, parents=more.parents
    )
    np.testing.assert_allclose(again.p_values, more.gate.p_values[accepted])
    assert (again.p_values > 0.1).all()
    np.testing.assert_array_equal(more.parents, (accepted % 20) % 16)  # batches of 20


def test_phase_randomised_candidates_give_nothing():
    more = oversample(RARE, n=16, majority=MAJORITY, dim=2, seed=1, synthesiser=phase_randomised)
    assert more.samples.shape == (0, SIZE, SIZE)
    assert more.parents.shape == (0,)
    assert more.gate.abstained
    assert len(more.gate.p_values) == 20  # one batch is enough to see it
    assert "class weights" in more.note
    assert "quality is that of all 20 candidates" in more.note
    assert more.quality.index > 2


def test_copies_of_the_exemplars_give_nothing():
    more = oversample(RARE, n=16, majority=MAJORITY, dim=2, seed=1, synthesiser=copies)
    assert len(more.samples) == 0
    assert more.gate.diversity < 0.1
    assert "near-copies" in more.note


def never(exemplars, *, dim, n, seed):
    raise AssertionError("nothing may be synthesised")


@pytest.mark.parametrize("n_rare", [1, 2, 9])
def test_too_few_rare_abstain_before_anything_is_synthesised(n_rare):
    enough = oversample(RARE, n=12, majority=MAJORITY, dim=2, seed=2, synthesiser=oracle)
    more = oversample(RARE[:n_rare], n=4, majority=MAJORITY, dim=2, seed=1, synthesiser=never)
    assert more.samples.shape == (0, SIZE, SIZE)
    assert more.samples.dtype == RARE.dtype
    assert more.gate.abstained
    assert f"{n_rare - 1} rare reals besides the parent, 1/alpha - 1 = 9 are needed" in more.note
    assert "nothing was synthesised" in more.note
    assert np.isnan(more.quality.index)
    assert more.quality.units == (0, n_rare)
    for a, b in ((more, enough), (more.gate, enough.gate), (more.quality, enough.quality)):
        for key, value in vars(b).items():
            assert type(getattr(a, key)) is type(value), key
            assert getattr(value, "dtype", None) == getattr(getattr(a, key), "dtype", None)
    assert more.quality.group_indices.keys() == enough.quality.group_indices.keys()


def test_ten_rare_are_enough_to_begin():
    # the border of the rule above is that of the gate: with 10, nine besides the parent
    more = oversample(RARE[:10], n=4, majority=MAJORITY, dim=2, seed=1, synthesiser=oracle)
    assert len(more.gate.p_values) == 20


def test_units_of_the_rare_are_counted():
    options = {"n": 8, "majority": MAJORITY, "dim": 2, "seed": 1, "synthesiser": never}
    options |= {"reference": fields("r", 16, 0.08)}
    more = oversample(RARE, units=np.arange(16) // 2, **options)
    assert len(more.samples) == 0
    assert "7 units of rare reals besides the parent's" in more.note
    assert more.quality.units == (0, 16)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"alpha": 1.5}, "alpha"),
        ({"majority": MAJORITY[:1]}, "majority"),
        ({"majority_labels": [1, 2]}, "majority_labels"),
        ({"majority_labels": range(64)}, "majority"),
    ],
)
def test_what_the_gate_would_refuse_is_refused_before_anything_is_synthesised(wrong, named):
    options = {"majority": MAJORITY, "synthesiser": never} | wrong
    with pytest.raises(InputError, match=rf"^{named}: "):
        oversample(RARE, n=4, dim=2, seed=1, **options)


def test_quality_without_held_out_reals_is_descriptive_only():
    more = oversample(RARE, n=8, majority=MAJORITY, dim=2, seed=1, synthesiser=oracle)
    assert np.isnan(more.quality.p_value)
    assert np.isfinite(more.quality.index)
    assert "exemplars themselves" in more.quality.note


def test_no_more_than_the_batches_allowed(monkeypatch):
    monkeypatch.setattr(oversampling, "BATCHES", 1)

    def half(exemplars, *, dim, n, seed):
        made = oracle(exemplars, dim=dim, n=n, seed=seed)
        bad = phase_randomised(exemplars, dim=dim, n=n, seed=seed).samples
        made.samples[::2] = bad[::2]
        return made

    more = oversample(RARE, n=32, majority=MAJORITY, dim=2, seed=1, synthesiser=half)
    assert len(more.gate.p_values) == 32
    assert 0 < len(more.samples) < 32
    assert f"{len(more.samples)} of the 32 wanted passed, of 32 candidates" in more.note


def test_the_default_is_wavelet_synthesis():
    rare, majority = (
        multifractal_field(64, hurst=0.6, intermittency=c, n=12, seed=1).values
        for c in (0.08, 0.01)
    )
    more = oversample(rare, n=1, majority=majority, dim=1, seed=0)
    made = wavelet_synthesis(rare, dim=1, n=20, seed=integer(0, "oversample", 0), progress=False)
    alone = gate(made.samples, rare, majority=majority, dim=1, parents=made.parents)
    np.testing.assert_array_equal(more.gate.p_values, alone.p_values)
    first = np.flatnonzero(alone.accepted)[:1]
    assert len(first) == 1
    np.testing.assert_array_equal(more.samples, made.samples[first])
    np.testing.assert_array_equal(more.parents, made.parents[first])


def test_same_seed_same_samples():
    def twice(seed):
        return oversample(
            RARE, n=8, majority=MAJORITY, dim=2, seed=seed, synthesiser=oracle
        ).samples

    np.testing.assert_array_equal(twice(3), twice(3))
    assert not np.array_equal(twice(3), twice(4))


def test_signals_of_two_components_keep_their_axes_and_precision():
    rng = generator(7, "signals")
    rare = rng.standard_normal((16, 2, 100)).cumsum(axis=-1).astype(np.float32)
    majority = rng.standard_normal((16, 2, 100)).astype(np.float32)

    made = generator(7, "fresh").standard_normal((40, 2, 100)).cumsum(axis=-1)

    def fresh(exemplars, *, dim, n, seed):
        return SimpleNamespace(samples=made[:n], parents=np.zeros(n, dtype=int))

    more = oversample(rare, n=16, majority=majority, dim=1, seed=0, synthesiser=fresh)
    accepted = np.flatnonzero(more.gate.accepted)[:16]
    assert len(accepted) == 16
    assert more.samples.dtype == np.float32
    np.testing.assert_array_equal(more.samples, made[accepted].astype(np.float32))


def test_bad_arguments_are_refused():
    def wrong_size(exemplars, *, dim, n, seed):
        return SimpleNamespace(samples=np.ones((n, 5, 5)), parents=np.zeros(n, dtype=int))

    def call(**options):
        known = {"n": 4, "majority": MAJORITY, "dim": 2, "seed": 0, "synthesiser": oracle}
        return oversample(RARE, **(known | options))

    with pytest.raises(InputError, match="synthesiser: wanted samples of shape"):
        call(synthesiser=wrong_size)
    with pytest.raises(InputError, match="majority: wanted the same"):
        call(majority=MAJORITY[:16, :24, :24])
    with pytest.raises(InputError, match="n: wanted a whole number"):
        call(n=0)
    with pytest.raises(InputError, match="alpha"):
        call(alpha=2)
