"""Surrogates keep exactly what they promise."""

import numpy as np
import pytest

from synthesis import iaaft, phase_randomised
from toolbox import InputError
from toolbox.core.streams import generator
from toolbox.processes.periodic_fields import periodic_component


def walk(*shape, name="walk"):
    """Return a rough item whose frame jumps."""
    return generator(1, name).standard_normal(shape).cumsum(axis=-1).cumsum(axis=0)


@pytest.mark.parametrize("shape", [(64,), (65,), (32, 20)])
def test_random_phases_keep_the_spectrum_of_the_periodic_component(shape):
    x = walk(*shape)
    children = phase_randomised(x, dim=len(shape), n=3, seed=2).samples
    wanted = np.abs(np.fft.fftn(periodic_component(x, dim=len(shape))))
    for child in children:
        np.testing.assert_allclose(np.abs(np.fft.fftn(child)), wanted, rtol=1e-9, atol=1e-8)
        assert abs(child.mean() - x.mean()) < 1e-9
    assert np.abs(np.corrcoef(children.reshape(3, -1))[0, 1]) < 0.999


def test_random_phases_keep_cross_spectra_of_components():
    x = np.stack([walk(2, 48, name=str(i)) for i in range(2)])  # two items of two signals
    result = phase_randomised(x, dim=1, n=2, seed=0)
    for child, parent in zip(result.samples, result.parents, strict=True):
        own = np.fft.fft(periodic_component(x[parent], dim=1))
        found = np.fft.fft(child)
        np.testing.assert_allclose(found[0] * found[1].conj(), own[0] * own[1].conj(), atol=1e-8)


@pytest.mark.parametrize("size", [40, (40, 16), (12, 20)])
def test_random_phases_in_another_size_keep_mean_and_variance(size):
    x = generator(0, "white").standard_normal((24, 24)) + 3
    children = phase_randomised(x, dim=2, n=40, size=size, seed=0).samples
    assert children.shape[1:] == ((size, size) if np.ndim(size) == 0 else size)
    # 40 children of a white field: the mean's sd is at most 1 / sqrt(40 x 240) = .01.
    assert abs(children.mean() - x.mean()) < 0.05
    assert abs(children.var() / periodic_component(x, dim=2).var() - 1) < 0.1


@pytest.mark.parametrize("shape", [(128,), (32, 24), (3, 2, 64), (2, 2, 16, 16)])
def test_iaaft_keeps_every_value_and_nearly_the_spectrum(shape):
    dim = 1 if len(shape) in (1, 3) else 2
    x = walk(*shape)
    result = iaaft(x, dim=dim, n=3, seed=0)
    items = x if x.ndim == dim + 2 else x[None]
    for child, parent in zip(result.samples, result.parents, strict=True):
        lead = child.shape[: child.ndim - dim]
        own = items[parent].reshape(*lead, -1)
        np.testing.assert_array_equal(np.sort(child.reshape(*lead, -1)), np.sort(own))
    assert (result.losses[:, -1] < 0.25 * result.losses[:, 0]).all()


def test_iaaft_keeps_the_correlation_of_components():
    common = walk(4096)
    x = np.stack([common, common + 0.1 * walk(4096, name="other")])[None]
    child = iaaft(x, dim=1, seed=0).samples[0]
    assert abs(np.corrcoef(child)[0, 1] - np.corrcoef(x[0])[0, 1]) < 0.05


@pytest.mark.parametrize("function", [phase_randomised, iaaft])
def test_children_do_not_depend_on_their_number(function):
    x = generator(0, "prefix").standard_normal((3, 16, 16)).astype(np.float32)
    few, many = function(x, dim=2, n=4, seed=5), function(x, dim=2, n=7, seed=5)
    np.testing.assert_array_equal(few.samples, many.samples[:4])
    np.testing.assert_array_equal(few.parents, many.parents[:4])
    assert few.samples.dtype == np.float32
    assert sorted(np.bincount(many.parents)) == [2, 2, 3]
    assert not np.array_equal(few.samples, function(x, dim=2, n=4, seed=6).samples)


def test_bad_input_names_the_argument():
    x = generator(0, "bad").standard_normal((16, 16))
    with pytest.raises(InputError, match=r"^exemplars: .*at least 4"):
        phase_randomised(x[:3], dim=2, seed=0)
    with pytest.raises(InputError, match=r"^exemplars: .*constant"):
        iaaft(np.ones((8, 8)), dim=2, seed=0)
    with pytest.raises(InputError, match=r"^size"):
        iaaft(x, dim=2, size=20, seed=0)
    with pytest.raises(InputError, match=r"^size"):
        phase_randomised(x, dim=2, size=(4, 4, 4), seed=0)
    with pytest.raises(InputError, match=r"^n:"):
        phase_randomised(x, dim=2, n=0, seed=0)


@pytest.mark.parametrize("shape", [(2, 64), (2, 16, 16), (2, 3, 64)])
def test_the_gallery_shows_each_child_and_names_its_parent(shape):
    dim = 2 if shape[1] == 16 else 1
    result = phase_randomised(walk(*shape), dim=dim, n=5, seed=0)
    figure = result.plot()
    shown, empty = figure.axes[:5], figure.axes[5:]
    firsts = result.samples[:, 0] if len(shape) == dim + 2 else result.samples
    for axes, child in zip(shown, firsts, strict=True):
        drawn = axes.images[0].get_array() if dim == 2 else axes.lines[0].get_ydata()
        np.testing.assert_array_equal(drawn, child)
    titles = [axes.get_title() for axes in shown]
    assert titles == [f"child {i} of exemplar {p}" for i, p in enumerate(result.parents)]
    assert [axes.axison for axes in empty] == [False] * 3
    assert figure.get_suptitle() == "phase_randomised"
