"""Energies of images over independent scales along rows and columns, and their distance."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.device import blocks_for_kernels, compute_each
from toolbox.core.item_blocks import binary_exponent, rounding_floor, unit_items
from toolbox.core.panels import panels
from toolbox.core.records import record
from toolbox.multiscale.wavelet_transform import filters, sizes

FEWEST = 4  # coefficients along an axis at the coarsest scale: 16 under the energy of a pair
LARGEST_BLOCK = 2**22  # pixels analysed at once


@record
class HyperbolicEnergy:
    """Logarithms of the energy of images over pairs of scales.

    Attributes
    ----------
    values : array (..., J1, J2)
        log2 of the mean squared coefficient at scale 2^j1 down the rows and 2^j2 along the columns,
        j1 = 1 to J1 and j2 = 1 to J2; the leading axes are those of the input.
    counts : array (J1, J2)
        Number of coefficients under each.
    levels : tuple (J1, J2)
    wavelet : str
    """

    values: np.ndarray
    counts: np.ndarray
    levels: tuple[int, int]
    wavelet: str

    def plot(self, ax: Any = None) -> Any:
        """Draw the map of energies, the mean of all items, each without its own mean."""
        J1, J2 = self.levels
        figure, axes = panels(ax, size=(4, 3.4))
        centred = self.values - self.values.mean(axis=(-2, -1), keepdims=True)
        picture = axes.imshow(
            centred.reshape(-1, J1, J2).mean(axis=0),
            origin="lower",
            extent=(0.5, J2 + 0.5, 0.5, J1 + 0.5),
        )
        axes.set(xlabel="scale j2 along the columns", ylabel="scale j1 down the rows")
        figure.colorbar(picture, ax=axes, label="log2 energy")
        return figure


def hyperbolic_energy(
    images: Any, *, wavelet: str = "db2", levels: Any = None, device: str = "auto"
) -> HyperbolicEnergy:
    r"""Measure the energy of images at every pair of scales along their two axes.

    An ordinary wavelet transform zooms both axes alike; here each has its own scale, so that
    textures that are stretched, or scale differently along the axes, are told apart.

    Parameters
    ----------
    images : array ``([items, [components,]] rows, columns)``
    wavelet : a Daubechies wavelet of PyWavelets, "db1" to "db20"
    levels : number of scales of both axes, or a pair of them (J1 down the rows, J2 along the
        columns); by default as many as leave four coefficients along the axis
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    HyperbolicEnergy

    Raises
    ------
    InputError
        When `images` are not finite, are too small for `levels`, or have no energy at some pair of
        scales beyond what rounding leaves (constant images, stripes along an axis).

    Notes
    -----
    The value is the logarithm of a mean over the positions k that no border touches:

    .. math:: \log_2 \overline{c_{j_1, j_2, k}^2}, \qquad c_{j_1, j_2, k}
        = 2^{-(j_1 + j_2)/2} \langle x, \psi_{j_1, k_1} \otimes \psi_{j_2, k_2} \rangle.

    White noise of variance s^2 has the value log2 s^2 - j1 - j2. In an operator-scaling field of
    anisotropy alpha along the columns, the energy along (j1, j2) = ((2 - a) j, a j) grows at coarse
    scales like 2^{j tau(a)}, tau is largest at a = alpha, and tau(alpha) = 2 H (Roux et al. 2013);
    scales below 3 still feel the sampling. Transposing the images transposes the values.

    References
    ----------
    S. G. Roux, M. Clausel, B. Vedel, S. Jaffard and P. Abry, Self-similar anisotropic texture
    analysis: the hyperbolic wavelet transform contribution, IEEE Trans. Image Process. 22 (2013)
    4353.

    Examples
    --------
    >>> import numpy as np, toolbox
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((5, 64, 64))
    >>> energy = toolbox.hyperbolic_energy(noise, levels=(2, 3))
    >>> energy.values.shape, energy.counts.tolist()
    ((5, 2, 3), [[961, 434, 186], [434, 196, 84]])
    >>> energy.values.mean(axis=0).round().tolist()         # white: -j1 - j2
    [[-2.0, -3.0, -4.0], [-3.0, -4.0, -5.0]]
    """
    low, _ = filters(wavelet)
    batch = checks.not_constant(checks.items(images, "images", dim=2), "images")
    lead, space = np.shape(images)[: np.ndim(images) - 2], batch.shape[2:]
    levels = _levels(levels, space, length=len(low))
    along = [sizes(n, J, length=len(low), dim=1) for n, J in zip(space, levels, strict=True)]
    batch, exponent = unit_items(batch, dim=2)
    # Without their means: what rounding leaves of an empty pair of scales is then smallest.
    flat = (batch - batch.mean(axis=(2, 3), keepdims=True)).reshape(-1, *space)
    energies = pair_energies(flat, wavelet, levels, device=device)
    _check_energies(energies, flat)
    values = np.log2(energies.astype(np.float64)) + 2 * exponent.reshape(-1, 1, 1)
    return HyperbolicEnergy(
        values=values.astype(batch.dtype).reshape(*lead, *levels),
        counts=np.multiply.outer(*along),
        levels=levels,
        wavelet=wavelet,
    )


def pair_energies(
    flat: np.ndarray, wavelet: str, levels: tuple[int, int], *, device: str = "auto"
) -> np.ndarray:
    """Return the mean squared coefficient (n, J1, J2) of images (n, rows, columns)."""
    from toolbox.kernels.hyperbolic import hyperbolic_energies

    low, high = (taps.astype(flat.dtype) for taps in filters(wavelet))
    blocks = blocks_for_kernels(flat, largest=LARGEST_BLOCK, device=device)
    calls = [(block, low, high) for block in blocks]
    parts = compute_each(hyperbolic_energies, calls, levels=levels, device=device)
    return np.concatenate(list(parts))[: len(flat)]


def hyperbolic_distance(a: Any, b: Any = None) -> np.ndarray:
    r"""Compare textures by their energies over pairs of scales; smaller means more alike.

    Parameters
    ----------
    a : HyperbolicEnergy of n images, or its values, array ``([n, [components,]] J1, J2)``
    b : the same of m images, optional; by default `a` itself

    Returns
    -------
    array (n, m)
        Distances >= 0, the root mean square difference of log2 energy: 1 is a factor of two.

    Raises
    ------
    InputError
        When `a` and `b` have different wavelets, scales or components.

    Notes
    -----
    A distance of cepstral type: with v the log-energies of one image less their mean over the pairs
    of scales, and the mean over all of them,

    .. math:: d(a, b) = \Bigl(\overline{(v_a - v_b)^2}\Bigr)^{1/2}.

    Taking the mean off each component makes it blind to gain (exposure, contrast), as photographic
    papers need it, for which Roux et al. (2014) and Abry et al. (2015) compared the logarithms of
    normalised hyperbolic energies.

    References
    ----------
    S. G. Roux, P. Abry et al., Hyperbolic wavelet transform for historic photographic paper
    classification challenge, Asilomar Conference on Signals, Systems and Computers, 2014.
    P. Abry, S. G. Roux, H. Wendt et al., Multiscale anisotropic texture analysis and classification
    of photographic prints, IEEE Signal Processing Magazine 32(4) (2015).

    Examples
    --------
    >>> import numpy as np, toolbox
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((3, 64, 64))
    >>> noise[2] = np.cumsum(noise[2], axis=0)              # smooth down the rows
    >>> energy = toolbox.hyperbolic_energy(noise, levels=2)
    >>> (toolbox.hyperbolic_distance(energy) > 0.5).tolist()
    [[False, False, True], [False, False, True], [True, True, False]]
    """
    first = _maps(a, "a")
    second = first if b is None else _maps(b, "b")
    if isinstance(a, HyperbolicEnergy) and isinstance(b, HyperbolicEnergy):
        if a.wavelet != b.wavelet:
            checks.refuse("b", f"energies of the wavelet of a, {a.wavelet}", b.wavelet)
    if first.shape[1:] != second.shape[1:]:
        wanted = f"as many components and scales as a, {first.shape[1:]}"
        checks.refuse("b", wanted, second.shape[1:])
    bands, exponent = first[0].size, binary_exponent(first, second)
    first, second = (np.ldexp(m, -exponent) for m in (first, second))
    v, w = (m - m.mean(axis=(-2, -1), keepdims=True) for m in (first, second))
    rows = [np.square(one - w).sum(axis=(-3, -2, -1)) / bands for one in v]
    return np.ldexp(np.sqrt(np.stack(rows)), exponent)


def _maps(energy: Any, argument: str) -> np.ndarray:
    """Return log-energies as (n, components, J1, J2)."""
    values = energy.values if isinstance(energy, HyperbolicEnergy) else energy
    values = checks.real_array(values, argument)
    if not 2 <= values.ndim <= 4:
        checks.refuse(argument, "log-energies ([n, [components,]] J1, J2)", f"shape {values.shape}")
    if values.ndim == 2:
        return values[None, None]
    return values[:, None] if values.ndim == 3 else values


def _levels(levels: Any, space: tuple[int, ...], *, length: int) -> tuple[int, int]:
    """Return the number of scales of each axis."""
    if levels is None:
        wanted, fewest = (1, 1), FEWEST
    else:
        wanted, fewest = checks.counts(levels, "levels", length=2), 1
    result = []
    for n, J in zip(space, wanted, strict=True):
        fit = 0
        while sizes(n, fit + 1, length=length, dim=1)[-1] >= fewest:
            fit += 1
        if J > fit:
            shortest = (2**J - 1) * (length - 1) + 1 + 2**J * (fewest - 1)
            checks.refuse("images", f"at least {shortest} pixels an axis for {J} scales", space)
        result.append(fit if levels is None else J)
    return result[0], result[1]


def _check_energies(energies: np.ndarray, flat: np.ndarray) -> None:
    """Refuse images of which nothing but rounding is left at some pair of scales."""
    floor = rounding_floor(flat, dim=2)
    empty = np.argwhere(energies <= floor[:, None, None] ** 2)
    if len(empty):
        i, j1, j2 = empty[0]
        wanted = "variation along both axes at all scales"
        checks.refuse("images", wanted, f"none at scales ({j1 + 1}, {j2 + 1}) of image {i}")
