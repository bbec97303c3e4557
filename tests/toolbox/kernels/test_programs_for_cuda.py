"""The programs of every kernel for CUDA, made on a machine without one.

No conditional whose way the host would have to be asked for (a fence of a CPU), no call back to
Python, and no double precision where single came in.
"""

from functools import partial
from math import inf

import jax
import jax.numpy as jnp
import pytest

from toolbox.kernels.cross_leaders import cross_moments
from toolbox.kernels.hyperbolic import hyperbolic_energies
from toolbox.kernels.leaders import leaders_of
from toolbox.kernels.log_leaders import log_leader_sums
from toolbox.kernels.phase_harmonics import phase_harmonic_statistics
from toolbox.kernels.texture_statistics import texture_statistics
from toolbox.kernels.wavelet import details_per_scale

SIGNALS, IMAGES, BANK = (2, 200), (2, 40, 40), ((4,), (4,))
SUMS = {"levels": 2, "first_scale": 1, "orders": 3, "blocks": ()}
RANGE = ((2,), (3,))  # weights and q


def gradient(kernel):
    """Return the gradient of the sum of all results by the first array."""

    def total(*arrays):
        return sum(v.sum() for v in jax.tree.leaves(kernel(*arrays)))

    return jax.grad(total)


def kernel_of(function, **options):
    return partial(function, **options)


PROGRAMS = {
    "coefficients": (kernel_of(details_per_scale, levels=2), (SIGNALS, *BANK)),
    "leaders": (kernel_of(leaders_of, levels=2, p=inf), (IMAGES, *BANK, (2,))),
    "log-leaders": (
        kernel_of(log_leader_sums, **SUMS, p=inf, gamma=None),
        (SIGNALS, *BANK, (2,), *RANGE),
    ),
    "p-leaders beside gaps": (
        kernel_of(log_leader_sums, **SUMS, p=2.0, gamma=0.5, gaps=True),
        (IMAGES, *BANK, (2,), *RANGE),
    ),
    "description": (
        kernel_of(texture_statistics, levels=2, leader_levels=1, gamma=0.5),
        ((2, 2, 40, 40), *BANK),
    ),
    "cross moments": (
        kernel_of(cross_moments, levels=2, first_scale=1, p=2.0, gamma=None),
        ((2, 2, 200), *BANK, (2, 2), (2,)),
    ),
    "hyperbolic energies": (kernel_of(hyperbolic_energies, levels=(2, 2)), (IMAGES, *BANK)),
    "phase harmonics": (
        phase_harmonic_statistics,
        (SIGNALS, (2, 1, 200), (2, 200)),
    ),
    "gradient of leaders": (
        gradient(kernel_of(leaders_of, levels=2, p=2.0)),
        (IMAGES, *BANK, (2,)),
    ),
    "gradient of a description": (
        gradient(kernel_of(texture_statistics, levels=1, leader_levels=1, gamma=0.5)),
        ((2, 1, 200), *BANK),
    ),
}


def program(function, shapes, *, platform):
    """Return the program of float32 arrays of these shapes for a platform."""
    arrays = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    with jax.enable_x64(True):  # so that nothing but the kernel keeps it single
        lowered = jax.jit(function).trace(*arrays).lower(lowering_platforms=(platform,))
    return lowered.compiler_ir()


def operations(module):
    """Return every operation of a program, those inside of others included."""
    found, open_ones = [], [module.operation]
    while open_ones:
        one = open_ones.pop()
        found.append(one)
        for region in one.regions:
            for block in region.blocks:
                open_ones += [inner.operation for inner in block.operations]
    return found


def asked(operation):
    """Say whether a program takes a way that is not known before it runs."""
    if operation.name not in ("stablehlo.case", "stablehlo.if"):
        return False
    # JAX writes the choice of the platform as one, of a constant, or with a single way to go.
    known = getattr(operation.operands[0].owner, "name", "") == "stablehlo.constant"
    return len(operation.regions) > 1 and not known


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_conditional_no_callback_no_double_precision(name):
    module = program(*PROGRAMS[name], platform="cuda")
    found = operations(module)
    assert len(found) > 50
    assert [o.name for o in found if asked(o)] == []
    calls = [str(o.attributes["call_target_name"]) for o in found if "custom_call" in o.name]
    assert [c for c in calls if "callback" in c] == []
    double = {(o.name, str(r.type)) for o in found for r in o.results if "f64" in str(r.type)}
    assert double <= {("stablehlo.constant", "tensor<f64>")}  # a number of Python, rounded at once


def test_on_a_cpu_the_fences_stand():
    found = operations(program(*PROGRAMS["coefficients"], platform="cpu"))
    assert sum(map(asked, found)) == 2  # one a scale
