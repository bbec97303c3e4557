"""Correlations of the phases and moduli of textures over scales and orientations."""

from math import pi
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.device import blocks_for_kernels, compute
from toolbox.core.item_blocks import rounding_floor, unit_items
from toolbox.core.records import record

ORIENTATIONS = {1: 1, 2: 4}
CENTRE = 0.75 * pi  # angular frequency of scale j, times 2^j
ORDER = 4  # of the radial window; the higher the narrower
MARGIN = 2  # of a filter, times 2^j samples: 99.9 % of its energy lies within
LARGEST_BLOCK = 2**18  # samples analysed at once; every scale has as many coefficients

GROUPS = {
    "sparsity": "sparsity",
    "modulus_orientations": "modulus",
    "modulus_scales": "modulus",
    "coupling": "coupling",
    "doubling": "doubling",
    "linear": "linear",
}


@record
class PhaseHarmonics:
    """Correlations of phase harmonics of n items.

    Attributes
    ----------
    values : array (n, F)
    names : tuple of F strings, such as ``"doubling[j=1x2,t=0x0,imaginary]"``
        j are the scales, t the orientations in units of 45 degrees.
    groups : tuple of F strings: sparsity, modulus, coupling, doubling or linear
    levels : int
    margins : tuple of int
        At each scale the number of samples along every border over which no mean is taken.
    """

    values: np.ndarray
    names: tuple[str, ...]
    groups: tuple[str, ...]
    levels: int
    margins: tuple[int, ...]


def phase_harmonics(
    x: Any, *, dim: int, levels: int | None = None, device: str = "auto"
) -> PhaseHarmonics:
    r"""Describe what the spectrum does not: how phases and moduli hang together across scales.

    Parameters
    ----------
    x : array ``([items, [components,]] *space)``
        Components are described one by one.
    dim : 1 (signals) or 2 (images)
    levels : number of scales J; by default as many as leave half of each axis free of the border
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    PhaseHarmonics
        Of an image with four scales 148 values, of a signal 25.

    Raises
    ------
    InputError
        When `x` is not finite, too small for `levels` scales, or has nothing at some scale and
        orientation (constant items, stripes).

    Notes
    -----
    :math:`u_{j,t} = x * \psi_{j,t}` with psi of the Fourier transform

    .. math:: (r / r_j)^4\, e^{4 - 4 r / r_j} \cos^3(\theta - t \pi / 4), \qquad
        r_j = .75\, \pi\, 2^{-j},

    on the half-plane where the cosine is positive, up to the Nyquist frequency; signals have the
    positive frequencies only. The convolution is periodic, x without its mean, and the means leave
    out 2 2^j samples along each border, j the coarser scale. With [u]^k = |u| e^{i k arg u} and
    corr(a, b) = cov(a, b) / (sd a sd b), the values are

    - sparsity: ln mean |u|^2 - 2 ln mean |u|, ln(4 / pi) = .24 for Gaussian fields;
    - modulus: corr(|u|, |u'|) of two orientations of one scale, and of neighbouring scales;
    - coupling: corr(|u_{j,t}|, u_{j+1,t'}), t' = t or perpendicular, between strength and phase;
    - doubling: corr(u_{j,t}, [u_{j+1,t}]^2), a phase against twice that of half the frequency;
    - linear: corr(u_{j,t}, u_{j+1,t}), which is of second order, from the overlap of the filters.

    Correlations of complex values are given as real and imaginary part. Nothing depends on gain (if
    positive) and offset. The imaginary parts change sign with the direction of a signal; coupling
    and doubling change sign with x -> -x, hence have mean 0 for a Gaussian field, for which modulus
    keeps what the overlap of the filters gives. A selection of the covariances of Mallat, Zhang &
    Rochette (2020), as Allys et al. (2020) made one for images, at lag 0.

    References
    ----------
    S. Mallat, S. Zhang and G. Rochette, Phase harmonic correlations and convolutional neural
    networks, Information and Inference 9 (2020) 721. E. Allys et al., New interpretable statistics
    for large-scale structure analysis and generation, Phys. Rev. D 102 (2020) 103506. S. Zhang and
    S. Mallat, Maximum entropy models from phase harmonic covariances, Appl. Comput. Harmon. Anal.
    53 (2021) 199.

    Examples
    --------
    >>> import numpy as np, toolbox
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((3, 40, 40))
    >>> harmonics = toolbox.phase_harmonics(noise, dim=2)
    >>> harmonics.values.shape, sorted(set(harmonics.groups))
    ((3, 56), ['coupling', 'doubling', 'linear', 'modulus', 'sparsity'])
    >>> brighter = toolbox.phase_harmonics(5 * noise + 100, dim=2)
    >>> bool(np.allclose(harmonics.values, brighter.values))
    True
    """
    dim = checks.dimension(dim)
    batch = checks.not_constant(checks.items(x, "x", dim=dim), "x")
    batch, _ = unit_items(batch, dim=dim)
    n, components, *space = batch.shape
    levels = _levels(tuple(space), levels)
    margins = tuple(MARGIN * 2**j for j in range(1, levels + 1))
    arrays = (filters_of(tuple(space), levels), weights_of(tuple(space), margins))
    from toolbox.kernels.phase_harmonics import phase_harmonic_statistics

    flat = batch.reshape(-1, *space)
    arrays = [array.astype(batch.dtype) for array in arrays]
    parts = [
        compute(phase_harmonic_statistics, block, *arrays, device=device)
        for block in blocks_for_kernels(flat, largest=LARGEST_BLOCK, device=device)
    ]
    found = {key: np.concatenate([part[key] for part in parts])[: len(flat)] for key in parts[0]}
    _check_energies(found["energy"], flat)
    values, labels = [], []
    for statistic, entries in _selected(found):
        values += [v.reshape(len(flat), -1) for v in entries.values()]
        labels += [(statistic, where) for where in entries]
    heads = [f"k={k}," for k in range(components)] if components > 1 else [""]
    return PhaseHarmonics(
        values=np.concatenate(values, axis=1).reshape(n, -1),
        names=tuple(f"{name}[{head}{where}]" for head in heads for name, where in labels),
        groups=tuple(GROUPS[name] for _ in heads for name, _ in labels),
        levels=levels,
        margins=margins,
    )


def filters_of(space: tuple[int, ...], levels: int) -> np.ndarray:
    """Return the filters of every scale and orientation in the Fourier domain: (J, L, *space)."""
    axes = np.ix_(*(2 * pi * np.fft.fftfreq(n) for n in space))
    radius = np.sqrt(sum(axis**2 for axis in axes))
    turns = []
    for t in range(ORIENTATIONS[len(space)]):
        if len(space) == 1:
            cosine = np.sign(axes[0])
        else:
            along = np.cos(pi * t / 4) * axes[1] + np.sin(pi * t / 4) * axes[0]
            cosine = along / np.where(radius > 0, radius, 1)
        turns.append(np.maximum(cosine, 0) ** 3 * (radius <= pi))
    centres = [CENTRE / 2**j for j in range(1, levels + 1)]
    radial = [(radius / c) ** ORDER * np.exp(ORDER * (1 - radius / c)) for c in centres]
    return np.stack([np.stack([turn * ring for turn in turns]) for ring in radial])


def weights_of(space: tuple[int, ...], margins: tuple[int, ...]) -> np.ndarray:
    """Return for each scale the weights of a mean over the positions inside its margin."""
    weights = np.zeros((len(margins), *space))
    for weight, margin in zip(weights, margins, strict=True):
        inside = tuple(slice(margin, n - margin) for n in space)
        weight[inside] = 1 / weight[inside].size
    return weights


def _levels(space: tuple[int, ...], levels: Any) -> int:
    """Return the number of scales, by default those that leave half of each axis."""
    if levels is None:
        wanted, shortest = 1, 4 * MARGIN * 2
    else:
        wanted = checks.count(levels, "levels", maximum=30)
        shortest = (2 * MARGIN + 1) * 2**wanted
    if min(space) < shortest:
        checks.refuse("x", f"at least {shortest} samples an axis for levels={wanted}", min(space))
    return wanted if levels is not None else int(np.log2(min(space) // (4 * MARGIN)))


def _check_energies(energy: np.ndarray, flat: np.ndarray) -> None:
    """Refuse items of which nothing but rounding is left at some scale and orientation."""
    floor = rounding_floor(flat, dim=flat.ndim - 1) ** 2
    empty = np.argwhere(energy <= floor[:, None, None])
    if len(empty):
        item, j, t = empty[0]
        where = f"scale {j + 1} and orientation {t} of item {item}"
        got = f"none at {where}"
        checks.refuse("x", "variation at all scales and orientations", got, item=int(item))


def _selected(found: dict[str, np.ndarray]) -> list[tuple[str, dict[str, np.ndarray]]]:
    """Return (statistic, what it compares: values) for every scale, from the kernel's matrices."""
    _, J, L = found["energy"].shape
    own = [(t, t) for t in range(L)]
    two = [(t, s) for t in range(L) for s in range(t + 1, L)]
    turned = [(t, (t + L // 2) % L) for t in range(L)] if L > 1 else []
    sparsity = np.log(found["energy"]) - 2 * np.log(found["modulus"])
    result = []
    for j in range(J):
        one = {_where(j, None, (t,), L): sparsity[:, j, t] for t in range(L)}
        result.append(("sparsity", one))
        moduli = {_where(j, None, pair, L): found["within"][:, j, *pair] for pair in two}
        result.append(("modulus_orientations", moduli))
    # Rows are [u]^0, [u]^1 of the finer scale, columns [v]^0, [v]^1, [v]^2 of the coarser.
    harmonics = {"coupling": (0, 1), "doubling": (1, 2), "linear": (1, 1)}
    for j in range(J - 1):
        matrix = found["across"][:, j]
        same = {_where(j, j + 1, (t, s), L): matrix[:, t, s].real for t, s in own}
        result.append(("modulus_scales", same))
        for name, (k, m) in harmonics.items():
            entries = {}
            for t, s in own + turned * (name == "coupling"):
                value = matrix[:, k * L + t, m * L + s]
                entries[_where(j, j + 1, (t, s), L) + ",real"] = value.real
                entries[_where(j, j + 1, (t, s), L) + ",imaginary"] = value.imag
            result.append((name, entries))
    return result


def _where(j: int, coarser: int | None, orientations: tuple[int, ...], L: int) -> str:
    """Return the scales and orientations that a value compares, such as "j=1x2,t=0x2"."""
    scales = f"j={j + 1}" if coarser is None else f"j={j + 1}x{coarser + 1}"
    return scales if L == 1 else f"{scales},t={'x'.join(map(str, orientations))}"
