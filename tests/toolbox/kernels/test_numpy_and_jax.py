"""Every kernel gives with arrays of NumPy what it gives compiled by JAX, but for rounding.

Tests against brute force use arrays of NumPy: through this one they hold for JAX's programs too.
"""

from functools import partial
from math import inf

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import pywt

import toolbox
from toolbox.core import device
from toolbox.core.streams import generator
from toolbox.kernels.cross_leaders import cross_moments
from toolbox.kernels.hyperbolic import hyperbolic_energies
from toolbox.kernels.leaders import leaders_of
from toolbox.kernels.log_leaders import log_leader_sums, sums_of_unit_items
from toolbox.kernels.phase_harmonics import phase_harmonic_statistics
from toolbox.kernels.texture_statistics import texture_statistics
from toolbox.kernels.wavelet import details_per_scale
from toolbox.multifractals.block_bootstrap import block_paddings
from toolbox.multifractals.scaling_range import leader_boxes

BANK = [np.array(taps) for taps in pywt.Wavelet("db2").filter_bank[2:]]
SIGNALS, IMAGES = (2, 61), (2, 31, 30)
LONG = (1, 4500)  # longer than the strips that are computed together
SUMS = {"levels": 2, "first_scale": 1, "orders": 4}


def walks(*shape, gap=False):
    x = np.cumsum(generator(6, "either", *shape).standard_normal(shape), axis=-1)
    x = x / np.abs(x).max()
    if gap:
        x[0, ..., 33:35] = np.nan
    return x


def sums(*shape, gap=False, p=inf, gamma=0.5, blocks=()):
    """Return log_leader_sums with its arrays."""
    items = shape[0]
    arrays = (walks(*shape, gap=gap), *BANK, np.full(items, 1e-9), np.array([-1.0, 1]))
    options = {"p": p, "gamma": gamma, "blocks": blocks, "gaps": gap}
    return partial(log_leader_sums, **SUMS, **options), (*arrays, np.array([-2.0, 0, 1]))


def sums_at_unit():
    """Return sums_of_unit_items, for items of two sizes, with its other arrays."""
    kernel, arrays = sums(*IMAGES, blocks=padded(*IMAGES[1:]))
    exponent = np.array([3, -2])

    def at_unit(x, *others):
        exponents = x.__array_namespace__().asarray(exponent)
        return sums_of_unit_items(x, exponents, *others, **kernel.keywords)

    return at_unit, arrays


def padded(*space):
    """Return what the two scales lack to fill whole blocks."""
    return block_paddings(leader_boxes(space, length=len(BANK[0]))[:2])


def described(*shape):
    """Return texture_statistics with its arrays."""
    options = {"levels": 2, "leader_levels": 2, "gamma": 0.5}
    return partial(texture_statistics, **options), (walks(*shape), *BANK)


def crossed():
    """Return cross_moments with its arrays."""
    options = {"levels": 2, "first_scale": 1, "p": 2.0, "gamma": None}
    arrays = (walks(2, 2, 61), *BANK, np.full((2, 2), 1e-9), np.array([-1.0, 1]))
    return partial(cross_moments, **options), arrays


def harmonics():
    """Return phase_harmonic_statistics with its arrays."""
    transfers = np.abs(generator(6, "transfers").standard_normal((2, 2, 12, 10)))
    return phase_harmonic_statistics, (walks(2, 12, 10), transfers, np.full((2, 12, 10), 1 / 120))


KERNELS = {
    "coefficients of signals": lambda: (
        partial(details_per_scale, levels=2),
        (walks(*SIGNALS), *BANK),
    ),
    "p-leaders of images": lambda: (
        partial(leaders_of, levels=2, p=3.0),
        (walks(*IMAGES), *BANK, np.array([0, 0.5])),
    ),
    "sums of long signals": lambda: sums(*LONG, gamma=None),
    "sums of images": lambda: sums(*IMAGES, p=1.5, blocks=padded(*IMAGES[1:])),
    "sums beside gaps": lambda: sums(*SIGNALS, gap=True, p=2.0, blocks=padded(*SIGNALS[1:])),
    "sums of images at unit size": sums_at_unit,
    "description of signals": lambda: described(2, 2, 61),
    "description of images": lambda: described(2, 1, 31, 30),
    "cross moments": crossed,
    "hyperbolic energies": lambda: (
        partial(hyperbolic_energies, levels=(2, 1)),
        (walks(*IMAGES), *BANK),
    ),
    "phase harmonics": harmonics,
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", KERNELS)
def test_numpy_and_the_compiled_program_agree(name, dtype):
    kernel, arrays = KERNELS[name]()
    arrays = [a.astype(dtype) for a in arrays]
    with np.errstate(all="ignore"):
        plain = kernel(*arrays)
    if dtype == np.float32:  # against double precision, which this very test holds
        exact, tolerance = kernel(*(a.astype(np.float64) for a in arrays)), 1e-4
    else:
        with jax.enable_x64(True):
            exact, tolerance = kernel(*map(jnp.asarray, arrays)), 1e-10
    assert jax.tree.structure(plain) == jax.tree.structure(exact)
    for a, b in zip(jax.tree.leaves(plain), jax.tree.leaves(exact), strict=True):
        assert isinstance(a, np.ndarray)
        assert a.dtype.kind == b.dtype.kind
        assert a.dtype.kind not in "fc" or np.finfo(a.dtype).dtype == dtype
        scale = np.nanmax(np.abs(b), initial=1e-300)
        np.testing.assert_allclose(a, b, atol=tolerance * scale, rtol=0)


LARGE = {
    "describe": (walks(40, 64, 64), {"dim": 2}),
    "multifractal": (walks(2, 2**17), {"dim": 1}),
    "wavelet_leaders": (walks(2, 2**17), {"dim": 1}),
    "hyperbolic_energy": (walks(40, 64, 64), {}),
    "phase_harmonics": (walks(40, 64, 64), {"dim": 2}),
    "cross_multifractal": (walks(32, 2, 4096), {"dim": 1}),
}


@pytest.mark.parametrize("name", LARGE)
def test_on_a_cpu_nothing_is_compiled_for_a_large_array_either(name, monkeypatch):
    monkeypatch.setattr(device, "_SEEN", set())
    x, options = LARGE[name]
    found = getattr(toolbox, name)(x, **options, device="cpu").asdict()
    assert any(np.isfinite(v).all() for v in found.values() if isinstance(v, np.ndarray))
    assert not device._SEEN
