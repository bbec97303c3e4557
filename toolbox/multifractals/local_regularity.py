"""Maps of local regularity: the slope over scales of the leaders at each position."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.item_blocks import unit_items
from toolbox.core.panels import panels
from toolbox.core.records import record
from toolbox.multifractals.scaling_range import check_scales, leader_boxes
from toolbox.multifractals.slopes import slope_weights
from toolbox.multiscale.leaders import log_leaders
from toolbox.multiscale.wavelet_transform import filters

COARSEST = 5  # by default; leaders of scale j see about 3 2^j samples
SCALES = 4  # by default


@record
class RegularityMap:
    """Local regularity of each item, one value every `step` samples.

    Attributes
    ----------
    values : array (..., *sides)
        The estimated local exponent; ``...`` are the leading axes of the input.
    level : array (..., *sides)
        log2 of the leader that the fitted line has at the finest scale j1: how strong the texture
        is there.
    residual : array (..., *sides)
        Root mean square deviation of the log2 leaders from the line, over the scales.
    first : array (dim,)
        The value at index i along an axis is that of the samples from (first + i) step up to, not
        including, (first + i + 1) step.
    step : int
        2^j1 samples.
    scales : tuple (j1, j2)
    gamma : float
    wavelet : str
    """

    values: np.ndarray
    level: np.ndarray
    residual: np.ndarray
    first: np.ndarray
    step: int
    scales: tuple[int, int]
    gamma: float
    wavelet: str

    def plot(self, ax: Any = None) -> Any:
        """Draw the exponent and the level of the first item, in samples of x."""
        dim = len(self.first)
        sides = self.values.shape[self.values.ndim - dim :]
        figure, both = panels(ax, 1, 2, size=(7, 3))
        low = self.first * self.step
        high = low + np.array(sides) * self.step
        for axes, name in zip(both, ("values", "level"), strict=True):
            field = getattr(self, name).reshape(-1, *sides)[0]
            if dim == 1:
                axes.plot((self.first[0] + np.arange(sides[0]) + 0.5) * self.step, field)
                axes.set(xlabel="sample", ylabel=name)
            else:
                extent = (low[1], high[1], high[0], low[0])
                figure.colorbar(axes.imshow(field, extent=extent), ax=axes, label=name)
        return figure


def regularity_map(
    x: Any,
    *,
    dim: int,
    scales: Any = None,
    wavelet: str = "db2",
    gamma: float = 0.5,
    device: str = "auto",
) -> RegularityMap:
    r"""Map the local regularity: larger where a texture is smoother, whatever its strength.

    Parameters
    ----------
    x : array ``([items, [components,]] *space)``
    dim : 1 (signals) or 2 (images)
    scales : (j1, j2), optional
        The octaves, both included, over which slopes are taken: finer ones localise better, more of
        them are less noisy. By default (2, 5), or less where `x` is small.
    wavelet : a Daubechies wavelet of PyWavelets, "db1" to "db20"
    gamma : order of fractional integration >= 0 before leaders are taken
        It is taken off again. With hmin + gamma > 0.
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    RegularityMap

    Raises
    ------
    InputError
        When `x` is not finite, too small for the scales, or has leaders that are zero (constant
        stretches).

    Notes
    -----
    With l_j the leader at scale j on the dyadic interval (square) that contains a position, the
    value h is the slope over j1 to j2, by least squares without weights, minus gamma,

    .. math:: \log_2 l_j = \mathrm{level} + (h + \gamma) (j - j_1)

    (Pustelnik, Wendt, Abry & Dobigeon 2016, who smooth such maps to segment textures). At an
    isolated singularity abs(t - t0)^h it is h in the mean over where t0 lies on the dyadic grid,
    with a standard deviation of .2 to .3 for the default scales. For fractional fields of 512 x 512
    samples and H = .3, .5, .7 the mean of a map is .24, .49, .71 with the scales (2, 5) and .31,
    .53, .72 with (3, 5), its standard deviation .12 to .15 and .20 to .23: the finest scales of
    rough fields feel the sampling. Values closer than about 3 2^j2 samples are not independent.
    Only positions that have leaders at all scales are in the map.

    References
    ----------
    N. Pustelnik, H. Wendt, P. Abry and N. Dobigeon, Combining local regularity estimation and total
    variation optimization for scale-free texture segmentation, IEEE Trans. Comput. Imaging 2 (2016)
    468.

    Examples
    --------
    >>> import numpy as np, toolbox
    >>> t, where = np.arange(2048), 500.3 + 7 * np.arange(64)
    >>> cusps = np.abs(t - where[:, None]) ** 0.4          # 64 signals
    >>> local = toolbox.regularity_map(cusps, dim=1, scales=(2, 5))
    >>> at = where.astype(int) // local.step - local.first[0]
    >>> bool(abs(local.values[np.arange(64), at].mean() - 0.4) < 0.05)
    True
    """
    dim = checks.dimension(dim)
    gamma = checks.number(gamma, "gamma", minimum=0)
    low, _ = filters(wavelet)
    batch = checks.not_constant(checks.items(x, "x", dim=dim), "x")
    batch, exponent = unit_items(batch, dim=dim)
    lead, space = np.shape(x)[: np.ndim(x) - dim], batch.shape[2:]
    scales = _scales(scales, space, length=len(low))
    options = {"wavelet": wavelet, "gamma": gamma, "device": device}
    logs, firsts = log_leaders(batch, dim=dim, scales=scales, **options)
    first, sides = common_box(firsts, [y.shape[1:] for y in logs])
    if min(sides) < 1:
        checks.refuse("x", f"positions that have leaders at all scales {scales}", f"{space}")
    octaves = np.arange(scales[0], scales[1] + 1)
    aligned = [
        at_finest(y, f, first, sides, factor=2**i)
        for i, (y, f) in enumerate(zip(logs, firsts, strict=True))
    ]
    logs2 = np.stack(aligned, axis=-1) / np.log(2) - gamma * octaves
    slope = logs2 @ slope_weights(octaves, np.ones(len(octaves)))
    level = logs2.mean(axis=-1) + slope * (scales[0] - octaves.mean())
    line = level[..., None] + slope[..., None] * (octaves - scales[0])
    maps = {
        "values": slope,
        "level": level + exponent.reshape(-1, *(1,) * dim),
        "residual": np.sqrt(np.mean((logs2 - line) ** 2, axis=-1)),
    }
    return RegularityMap(
        **{name: v.astype(batch.dtype).reshape(*lead, *sides) for name, v in maps.items()},
        first=first,
        step=2 ** scales[0],
        scales=scales,
        gamma=gamma,
        wavelet=wavelet,
    )


def common_box(
    firsts: np.ndarray, shapes: list[tuple[int, ...]]
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return the first position and the sides, at the finest scale, of where all scales exist."""
    factors = 2 ** np.arange(len(shapes))[:, None]
    first = (firsts * factors).max(axis=0)
    end = ((firsts + np.array(shapes)) * factors).min(axis=0)
    return first, tuple(int(n) for n in end - first)


def at_finest(
    y: np.ndarray, own: np.ndarray, first: np.ndarray, sides: tuple[int, ...], *, factor: int
) -> np.ndarray:
    """Return a scale's values at the positions of the finest, each of which lies in one of its."""
    for axis, (f, start, n) in enumerate(zip(own, first, sides, strict=True), start=1):
        y = np.take(y, np.arange(start, start + n) // factor - f, axis=axis)
    return y


def _scales(scales: Any, space: tuple[int, ...], *, length: int) -> tuple[int, int]:
    """Return (j1, j2); by default four scales, the coarsest of them 5 where there are so many."""
    J = len(leader_boxes(space, length=length))
    if scales is None and J > 1:
        last = min(COARSEST, J)
        scales = max(1, last - SCALES + 1), last
    return check_scales(scales, space, length=length)
