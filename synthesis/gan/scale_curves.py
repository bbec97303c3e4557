"""Structure functions and log-cumulants of images against the scale, for models to be compared."""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from toolbox.core.records import record
from toolbox.multiscale.leaders import wavelet_leaders
from toolbox.multiscale.wavelet_transform import wavelet_coefficients

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WAVELET = "db1"  # the shortest leaves most scales, and is regular enough for 0 < H < 1
GAMMA = 0.5  # of the leaders, fixed as in `toolbox.describe`
_FEWEST = 4  # positions under a value
_FLOOR = 1e-6  # of a coefficient, in standard deviations of the field
_TINY = np.finfo(np.float64).tiny  # of a field that is constant


@record
class ScaleCurves:
    """Statistics of R trainings at every scale, beside those of the reference.

    Attributes
    ----------
    statistics : ndarray (R, S, J)
        Means over the samples of each training at every scale j = 1 to J: structure functions and
        log-cumulants of the leaders; NaN where there are none.
    model, model_spread : ndarray (S, J)
        The reference's means, and the standard deviation from one field to another.
    statistic_names : tuple of S strings
    """

    statistics: np.ndarray
    model: np.ndarray
    model_spread: np.ndarray
    statistic_names: tuple[str, ...]

    def draw(self, axes: "Axes", start: str | tuple[str, ...]) -> None:
        """Draw the statistics whose names begin like this, with a band of the reference.

        The band is 1.96 standard deviations from one field to another.
        """
        chosen = [s for s, name in enumerate(self.statistic_names) if name.startswith(start)]
        last = 0
        for colour, s in enumerate(chosen):
            there = np.isfinite(self.model[s])
            j = np.flatnonzero(there) + 1
            last = max(last, *j)
            middle, half = self.model[s, there], 1.96 * self.model_spread[s, there]
            shade = f"C{colour}"
            axes.fill_between(j, middle - half, middle + half, color=shade, alpha=0.15, linewidth=0)
            axes.plot(j, self.statistics[:, s, there].T, color=shade, linewidth=0.6, alpha=0.7)
            axes.plot(j, middle, "o-", color=shade, linewidth=2, label=self.statistic_names[s])
        axes.set_xticks(range(1, last + 1))
        note = "bold: model; thin: trainings"
        axes.legend(fontsize=7, frameon=False, title=note, title_fontsize=7)


def scale_statistics(fields: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return statistics (n, S, J) of fields (n, K, h, w) at each of J scales, and their S names.

    log2 of the mean square of the wavelet coefficients, mean and variance of the logarithms of the
    leaders of each component, and the covariance of the latter between every two components; NaN
    at scales with fewer than 4 positions. Flat places of a field that was not made well have a
    floor, a millionth of its standard deviation.
    """
    fields = fields.astype(np.float64)
    floor = np.maximum(_FLOOR * fields.std(axis=(2, 3)), _TINY)
    details = wavelet_coefficients(fields, dim=2, wavelet=WAVELET).details
    leaders = wavelet_leaders(fields, dim=2, wavelet=WAVELET, gamma=GAMMA).values
    details = [d for d in details if d[0, 0, 0].size >= _FEWEST]
    pairs = list(combinations(range(fields.shape[1]), 2))
    scales = []
    for j, detail in enumerate(details):
        energy = np.log2(np.maximum((detail**2).mean(axis=(2, 3, 4)), floor**2))
        if j < len(leaders) and leaders[j][0, 0].size >= _FEWEST:
            own = np.maximum(leaders[j].reshape(*floor.shape, -1), floor[..., None])
            logarithms = np.log(own)
            mean = logarithms.mean(axis=2)
            centred = logarithms - mean[..., None]
            covariance = centred @ centred.swapaxes(1, 2) / centred.shape[2]
            variance = np.diagonal(covariance, axis1=1, axis2=2)
            crossed = np.stack([covariance[:, a, b] for a, b in pairs], axis=1) if pairs else None
        else:
            mean = variance = np.full(energy.shape, np.nan)
            crossed = np.full((len(fields), len(pairs)), np.nan) if pairs else None
        parts = [energy, mean, variance] + ([] if crossed is None else [crossed])
        scales.append(np.concatenate(parts, axis=1))
    own = [f"{name}[{a}]" for name in ("log2_S2", "C1", "C2") for a in range(fields.shape[1])]
    names = (*own, *(f"C11[{a},{b}]" for a, b in pairs))
    return np.stack(scales, axis=2), names
