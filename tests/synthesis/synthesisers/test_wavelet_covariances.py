"""Wavelet synthesis: statistics against loops, and children that resemble what they should."""

import numpy as np
import pytest
import torch
from skimage import data

from paper_figures.multiscale.signal_asymmetry import heart_rates, increment_skewness
from synthesis import iaaft, phase_randomised, wavelet_synthesis
from synthesis.synthesisers import wavelet_covariances
from synthesis.synthesisers.wavelet_covariances import _SHIFTS, _Scale, rectified_covariances
from tests.reference.texture_grams import shifted, weighted_gram
from tests.synthesis.synthesisers.parent_values import assert_values_are_the_parents_own
from toolbox import InputError, describe
from toolbox.core.streams import generator


def index(samples, reference):
    """Mean squared difference of means over the pooled variance; 1 under the same law."""
    a, b = (describe(x, dim=2).values.astype(float) for x in (samples, reference))
    nu = len(a) + len(b) - 2
    pooled = ((len(a) - 1) * a.var(0, ddof=1) + (len(b) - 1) * b.var(0, ddof=1)) / nu
    square = (a.mean(0) - b.mean(0)) ** 2 / (pooled * (1 / len(a) + 1 / len(b)))
    return square.mean() * (nu - 2) / nu


def test_covariances_agree_with_plain_loops():
    rng = generator(0, "covariances")
    own = [rng.random((1, 3, 8, 8)), rng.random((1, 3, 4, 4))]
    coarser = [rng.random((1, 2, 8, 8))]
    scales = [
        _Scale(torch.tensor(rng.random((1, 3, 1, 1))), torch.tensor(rng.random((1, 3, 1, 1))))
        for _ in own
    ]
    weights = [rng.random((8, 8)), rng.random((4, 4))]
    found = rectified_covariances(
        ([torch.tensor(u) for u in own], [torch.tensor(u) for u in coarser]),
        scales,
        [torch.tensor(w) for w in weights],
    )
    for level, weight in enumerate(weights):
        mean, inverse = (value[0].numpy() for value in scales[level])
        u = (own[level][0] - mean) * inverse
        partners = [u, *(shifted(u, *shift) for shift in _SHIFTS[2])]
        if level == 0:
            mean, inverse = (value[0, :2].numpy() for value in scales[1])
            partners.append((coarser[0][0] - mean) * inverse)
        wanted = weighted_gram(u, np.concatenate(partners), weight)
        np.testing.assert_allclose(found[2 * level][0].numpy(), wanted, atol=1e-12)
        means = (u * weight).sum(axis=(1, 2))
        np.testing.assert_allclose(found[2 * level + 1][0, :, 0].numpy(), means, atol=1e-12)


@pytest.mark.usefixtures("compiled_in_haste")
def test_children_of_gravel_are_far_closer_to_gravel_than_random_phases():
    gravel = data.gravel().astype(np.float32) / 255
    tiles = gravel[:480, :480].reshape(12, 40, 12, 40).swapaxes(1, 2).reshape(-1, 40, 40)
    parents, others = tiles[:12], tiles[72:]
    result = wavelet_synthesis(parents, dim=2, n=12, seed=0, iterations=30, progress=False)
    gaussian = phase_randomised(parents, dim=2, n=12, seed=0)
    assert (result.losses[:, -1] < 0.05).all()
    # Measured: 1 to 2 against about 40; real crops against each other are near 1.
    assert index(result.samples, others) < 5 < index(gaussian.samples, others)
    for child, parent in zip(result.samples, result.parents, strict=True):
        np.testing.assert_array_equal(
            np.sort(child, axis=None), np.sort(parents[parent], axis=None)
        )
        assert np.corrcoef(child.ravel(), parents[parent].ravel())[0, 1] < 0.5


@pytest.mark.usefixtures("compiled_in_haste")
def test_children_of_white_noise_are_white_noise():
    noise = generator(0, "noise").standard_normal((60, 32, 32)).astype(np.float32)
    result = wavelet_synthesis(noise[:20], dim=2, n=20, seed=0, iterations=25, progress=False)
    # 40 fresh fields; the index of two sets of one law is 1, with an sd of about .3 here.
    assert index(result.samples, noise[20:]) < 2.5


def test_asymmetry_in_time_survives_where_surrogates_lose_it():
    rng = generator(0, "sawtooth")
    jumps = rng.exponential(1.0, 2048) * (rng.random(2048) < 0.05)
    signal = np.zeros(2048)
    for t in range(1, 2048):
        signal[t] = 0.95 * signal[t - 1] + jumps[t] + 0.02 * rng.standard_normal()

    def skewness(x):
        step = x[8:] - x[:-8]
        return np.mean((step - step.mean()) ** 3) / step.std() ** 3

    child = wavelet_synthesis(signal, dim=1, seed=0, iterations=25, progress=False).samples[0]
    gaussian = phase_randomised(signal, dim=1, seed=0).samples[0]
    assert skewness(child) > 0.6 * skewness(signal)
    assert abs(skewness(gaussian)) < 0.3 * skewness(signal)


def test_heart_rates_keep_the_skewness_of_increments_where_surrogates_lose_it():
    real = heart_rates(4, seed=1)
    options = {"dim": 1, "n": 4, "seed": 0}
    children = wavelet_synthesis(real, **options, iterations=25, progress=False).samples
    surrogates = iaaft(real, **options).samples
    for lag in (8, 16, 40):  # two to ten seconds, sixteen to two times below the recovery
        wanted = increment_skewness(real, lag=lag)
        kept = increment_skewness(children, lag=lag).mean() / wanted.mean()
        lost = increment_skewness(surrogates, lag=lag).mean() / wanted.mean()
        assert (wanted < 0).all()
        assert 0.5 < kept < 1.5
        assert abs(lost) < 0.25


def test_the_correlation_of_components_survives():
    rng = generator(0, "components")
    common = rng.standard_normal((48, 48)).cumsum(axis=1)
    x = np.stack([common, common + 2 * rng.standard_normal((48, 48))])[None]
    child = wavelet_synthesis(x, dim=2, seed=0, iterations=25, progress=False).samples[0]
    wanted = np.corrcoef(x[0].reshape(2, -1))[0, 1]
    assert abs(np.corrcoef(child.reshape(2, -1))[0, 1] - wanted) < 0.05


@pytest.mark.parametrize("dim", [1, 2])
def test_children_do_not_depend_on_their_number(dim):
    x = generator(0, "x").standard_normal((3, 24, 24)).cumsum(axis=2)
    x = x if dim == 2 else x.reshape(3, -1)
    options = {"dim": dim, "seed": 1, "iterations": 8, "progress": False}
    few, many = wavelet_synthesis(x, n=2, **options), wavelet_synthesis(x, n=5, **options)
    np.testing.assert_allclose(few.samples, many.samples[:2], atol=1e-3 * np.ptp(x))
    np.testing.assert_array_equal(wavelet_synthesis(x, n=2, **options).samples, few.samples)
    np.testing.assert_array_equal(few.parents, many.parents[:2])


@pytest.mark.parametrize(
    ("shape", "dim", "size"),
    [((17, 23), 2, (30, 18)), ((2, 3, 16, 16), 2, None), ((50,), 1, 77), ((1, 2, 64), 1, None)],
)
def test_children_of_all_shapes_have_the_values_of_their_parents(shape, dim, size):
    x = generator(0, "shapes").standard_normal(shape)
    result = wavelet_synthesis(x, dim=dim, n=2, size=size, seed=0, iterations=3, progress=False)
    space = shape[-dim:] if size is None else tuple(np.broadcast_to(size, dim))
    lead = (2, shape[1]) if len(shape) == dim + 2 else (2,)
    assert result.samples.shape == (*lead, *space)
    assert result.samples.dtype == np.float64
    assert_values_are_the_parents_own(result.samples, result.parents, x, dim=dim)
    assert result.losses.shape == (2, 3)


def test_bad_input_names_the_argument():
    x = generator(0, "bad").standard_normal((20, 20))
    with pytest.raises(InputError, match=r"^exemplars: .*at least 16"):
        wavelet_synthesis(x[:15], dim=2, seed=0)
    with pytest.raises(InputError, match=r"^levels"):
        wavelet_synthesis(x, dim=2, seed=0, levels=3)


@pytest.mark.parametrize("device", ["cuda:99", "tricorder", "meta", "", 0, None])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(InputError, match="device: wanted 'auto' or a device that is present, got"):
        wavelet_synthesis(np.eye(16), dim=2, seed=0, device=device)


def test_children_of_auto_are_those_of_the_cpu():
    options = {"dim": 2, "seed": 3, "iterations": 2, "progress": False}
    x = generator(0, "x").standard_normal((24, 24))
    named = wavelet_synthesis(x, device="cpu", **options)
    tolerance = 1e-2 if torch.cuda.is_available() else 0  # sums in another order
    found = wavelet_synthesis(x, **options)
    np.testing.assert_allclose(found.samples, named.samples, atol=tolerance)


@pytest.mark.parametrize("dim", [1, 2])
def test_statistics_and_targets_are_made_on_the_device_alone(monkeypatch, dim):
    # On torch's device without memory, whatever meets a tensor of the CPU is refused.
    made = {}

    def kept(task, normalised, targets, statistics, **options):
        made.update(targets=targets, statistics=statistics)

    monkeypatch.setattr(wavelet_covariances, "checked_device", lambda name: name)
    monkeypatch.setattr(wavelet_covariances, "match_statistics", kept)
    wavelet_synthesis(np.eye(24)[: 24 if dim == 2 else 3], dim=dim, seed=0, device="meta")
    child = torch.empty(1, 1, *[24] * dim, device="meta", requires_grad=True)
    found = made["statistics"](child, torch.zeros(1, dtype=torch.long, device="meta"))
    assert [f.shape[1:] for f in found] == [t.shape[1:] for t in made["targets"]]
    assert {part.device.type for part in [*found, *made["targets"]]} == {"meta"}
    (slope,) = torch.autograd.grad(sum(f.sum() for f in found), child)
    assert (slope.shape, slope.device.type) == (child.shape, "meta")
