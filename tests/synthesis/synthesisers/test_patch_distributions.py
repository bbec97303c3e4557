"""Patch synthesis: steps against plain loops and closed forms, and children that resemble."""

import numpy as np
import ot
import pytest
import torch
from skimage import data

from synthesis import patch_synthesis, phase_randomised
from synthesis.synthesisers.patch_transport import Child, Lines, Target, resized
from tests.synthesis.synthesisers.parent_values import assert_values_are_the_parents_own
from toolbox import InputError
from toolbox.core.streams import generator

TAPS = (3, 2)


def patches(x):
    """All patches of (K, h, w), one a column, by plain loops."""
    rows, columns = TAPS
    return np.stack(
        [
            x[:, i : i + rows, j : j + columns].ravel()
            for i in range(x.shape[1] - rows + 1)
            for j in range(x.shape[2] - columns + 1)
        ],
        axis=1,
    )


def orthogonal(values, name):
    return np.linalg.qr(generator(0, name).standard_normal((values, values)))[0]


def image(*shape, name="image"):
    return generator(0, name, *shape).standard_normal((2, *shape)).cumsum(axis=2)


def tensor(x):
    return torch.tensor(x, dtype=torch.float32)[None]


def test_the_loss_is_the_wasserstein_distance_along_each_direction():
    parent, x = image(12, 10), image(12, 10, name="child")
    lines = Target(tensor(parent), TAPS).along(orthogonal(12, "basis"))
    found = lines.onto.numpy().astype(float) @ patches(x)
    wanted = lines.onto.numpy().astype(float) @ patches(parent)
    squares = [ot.wasserstein_1d(a, b, p=2) for a, b in zip(found, wanted, strict=True)]
    _, loss = lines.residual(torch.tensor(patches(x), dtype=torch.float32))
    np.testing.assert_allclose(loss, np.sum(squares) / wanted.var(axis=1).sum(), rtol=1e-4)


def test_a_first_step_moves_patches_by_ranks_and_averages_them_by_plain_loops():
    parent, x = image(12, 10), image(12, 10, name="child")
    lines = Target(tensor(parent), TAPS).along(orthogonal(12, "basis"))
    onto, back = lines.onto.numpy().astype(float), lines.back.numpy().astype(float)
    found, wanted = onto @ patches(x), np.sort(onto @ patches(parent), axis=1)
    moved = back @ (np.take_along_axis(wanted, found.argsort(1).argsort(1), axis=1) - found)
    total, count = np.zeros(x.shape), np.zeros(x.shape)
    rows, columns = TAPS
    for column, (i, j) in enumerate(np.ndindex(12 - rows + 1, 10 - columns + 1)):
        total[:, i : i + rows, j : j + columns] += moved[:, column].reshape(2, rows, columns)
        count[:, i : i + rows, j : j + columns] += 1
    child = Child(tensor(x), TAPS)
    child.move(lines)
    np.testing.assert_allclose(child.pixels[0].numpy(), x + total / np.maximum(count, 3), atol=2e-3)


def test_directions_are_undone_and_flattened_as_documented():
    parent = image(30, 20)
    lines = Target(tensor(parent), TAPS).along(orthogonal(12, "basis"))
    onto, back = lines.onto.numpy().astype(float), lines.back.numpy().astype(float)
    np.testing.assert_allclose(back @ onto, np.eye(12), atol=1e-4)
    values = np.linalg.eigvalsh(np.cov(patches(parent), bias=True))
    flat = np.linalg.eigvalsh(np.cov(onto @ patches(parent), bias=True))
    assert values[0] > 1e-3 * values[-1]  # none of them is floored here
    np.testing.assert_allclose(flat, values**0.7, rtol=1e-3)


def test_clouds_of_different_sizes_are_compared_by_quantiles():
    rng = generator(0, "clouds")
    eye = torch.eye(1)
    wanted = np.sort(rng.standard_normal((1, 4000)).astype(np.float32), axis=1)
    lines = Lines(eye, eye, wanted)
    found = torch.tensor(3 + rng.standard_normal((1, 1000)), dtype=torch.float32)
    residual, loss = lines.residual(found)
    moved = (found + residual).numpy()[0]
    assert (np.diff(moved[np.argsort(found.numpy()[0])]) >= 0).all()
    np.testing.assert_allclose(np.quantile(moved, [0.1, 0.5, 0.9]), [-1.28, 0, 1.28], atol=0.1)
    assert abs(loss - 9) < 0.5  # two laws that differ by a shift of 3


def test_a_target_is_a_fixed_point():
    x = tensor(image(12, 10))
    child = Child(x, TAPS)
    loss = child.move(Target(x, TAPS).along(orthogonal(12, "basis")))
    assert loss < 1e-10
    np.testing.assert_allclose(child.pixels.numpy(), x.numpy(), atol=1e-4)


def test_resizing_keeps_constants_and_ramps():
    ramp = torch.linspace(0, 1, 40).expand(1, 1, 1, 40)
    smaller = resized(ramp, (1, 20))[0, 0, 0]
    np.testing.assert_allclose(smaller[4:-4], np.linspace(0, 1, 20)[4:-4], atol=0.02)
    np.testing.assert_allclose(resized(torch.ones(1, 1, 9, 9), (6, 7)), 1, atol=1e-6)


def test_bricks_have_edges_and_not_the_parents_places():
    brick = data.brick()[128:192, 128:192].astype(np.float32) / 255
    made = patch_synthesis(brick, dim=2, n=2, seed=0, iterations=60, progress=False)
    gaussian = phase_randomised(brick, dim=2, n=2, seed=0).samples

    def kurtosis(x):  # of steps: nearly all of them small, a few across an edge
        step = np.diff(x, axis=-1).ravel()
        return np.mean((step - step.mean()) ** 4) / step.var() ** 2

    for child, flat in zip(made.samples, gaussian, strict=True):
        np.testing.assert_array_equal(np.sort(child, axis=None), np.sort(brick, axis=None))
        assert kurtosis(child) > 0.5 * kurtosis(brick) > kurtosis(flat)
        assert np.abs(child - brick).mean() > 0.3 * np.abs(brick - brick.T).mean()
    last = made.losses[:, -10:].mean(axis=1)
    assert (last < 0.02 * made.losses[:, 0]).all()


def test_asymmetry_in_time_survives():
    rng = generator(0, "sawtooth")
    jumps = rng.exponential(1.0, 2048) * (rng.random(2048) < 0.05)
    signal = np.zeros(2048)
    for t in range(1, 2048):
        signal[t] = 0.95 * signal[t - 1] + jumps[t] + 0.02 * rng.standard_normal()

    def skewness(x):
        step = x[8:] - x[:-8]
        return np.mean((step - step.mean()) ** 3) / step.std() ** 3

    child = patch_synthesis(signal, dim=1, seed=0, progress=False).samples[0]
    assert skewness(child) > 0.6 * skewness(signal)


def test_the_correlation_of_components_survives():
    rng = generator(0, "components")
    common = rng.standard_normal((32, 32)).cumsum(axis=1)
    x = np.stack([common, common + 2 * rng.standard_normal((32, 32))])[None]
    child = patch_synthesis(x, dim=2, seed=0, width=5, iterations=30, progress=False).samples[0]
    wanted = np.corrcoef(x[0].reshape(2, -1))[0, 1]
    assert abs(np.corrcoef(child.reshape(2, -1))[0, 1] - wanted) < 0.05


@pytest.mark.parametrize("dim", [1, 2])
def test_children_do_not_depend_on_their_number(dim):
    x = generator(0, "x").standard_normal((3, 24, 24)).cumsum(axis=2)
    x = x if dim == 2 else x.reshape(3, -1)
    options = {"dim": dim, "seed": 1, "iterations": 10, "progress": False}
    few, many = patch_synthesis(x, n=2, **options), patch_synthesis(x, n=5, **options)
    np.testing.assert_allclose(few.samples, many.samples[:2], atol=1e-3 * np.ptp(x))
    np.testing.assert_array_equal(patch_synthesis(x, n=2, **options).samples, few.samples)
    np.testing.assert_array_equal(few.parents, many.parents[:2])
    assert np.abs(many.samples[0] - many.samples[3]).max() > 0  # same parent, another child


@pytest.mark.parametrize(
    ("shape", "dim", "size"),
    [
        ((17, 23), 2, (30, 18)),
        ((2, 3, 16, 16), 2, None),
        ((40, 40), 2, 16),
        ((50,), 1, 77),
        ((1, 2, 640), 1, None),
    ],
)
def test_children_of_all_shapes_have_the_values_of_their_parents(shape, dim, size):
    x = generator(0, "shapes").standard_normal(shape)
    result = patch_synthesis(x, dim=dim, n=2, size=size, seed=0, iterations=3, progress=False)
    space = shape[-dim:] if size is None else tuple(np.broadcast_to(size, dim))
    lead = (2, shape[1]) if len(shape) == dim + 2 else (2,)
    assert result.samples.shape == (*lead, *space)
    assert result.samples.dtype == np.float64
    assert_values_are_the_parents_own(result.samples, result.parents, x, dim=dim)
    assert result.losses.shape[0] == 2
    assert result.losses.shape[1] % 3 == 0


def test_bad_input_names_the_argument():
    x = generator(0, "bad").standard_normal((20, 20))
    with pytest.raises(InputError, match=r"^exemplars: .*at least 16"):
        patch_synthesis(x[:15], dim=2, seed=0)
    with pytest.raises(InputError, match=r"^exemplars: .*vary"):
        patch_synthesis(np.ones((20, 20)), dim=2, seed=0)
    with pytest.raises(InputError, match=r"^size"):
        patch_synthesis(x, dim=2, size=8, seed=0)
    with pytest.raises(InputError, match=r"^width"):
        patch_synthesis(x, dim=2, seed=0, width=11)
    with pytest.raises(InputError, match=r"^iterations"):
        patch_synthesis(x, dim=2, seed=0, iterations=1.5)
