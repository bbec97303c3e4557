"""What cells tell one by one of the log-odds: alone, or against the noise of their band."""

import numpy as np

from toolbox.core import checks

FEWEST_ITEMS = 10  # a slope of fewer is noise
LEAST_NOISE = 0.01  # of a band's variance: bands that copy each other have no noise of their own


def slopes(x: np.ndarray, clear: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Return the slope (R, T, B) of the log-odds (R, n) on each cell alone, over the clear items.

    ``cov(x_j, l) / var(x_j)``.
    """
    variance = (_centred(x, clear) ** 2).sum(axis=0)
    return _over(_covariances(x, clear, odds), variance)


def separations(x: np.ndarray, clear: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Return ``cov(x_j, l) / s_b^2`` (R, T, B): each band against what is its noise alone.

    s_b^2 is the variance of band b that the other bands of the same date do not tell, averaged over
    the dates that enough items are clear on: what moves all bands at once, as an early season, is
    not noise.
    """
    return _over(_covariances(x, clear, odds), band_noise(x, clear))


def band_noise(x: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Return the variance (B,) of each band that the other bands of the date do not tell."""
    centred, bands = _centred(x, clear), x.shape[2]
    enough = np.flatnonzero(clear.sum(axis=0) >= max(FEWEST_ITEMS, 2 * bands))
    if not len(enough):
        wanted = f"a date with {max(FEWEST_ITEMS, 2 * bands)} clear items for 'separation'"
        checks.refuse("series", wanted, f"at most {int(clear.sum(axis=0).max())}")
    found = np.zeros((len(enough), bands))
    for row, date in enumerate(enough):
        cells = centred[clear[:, date], date]
        for band in range(bands):
            others = np.delete(cells, band, axis=1)
            told = others @ np.linalg.lstsq(others, cells[:, band], rcond=None)[0]
            found[row, band] = ((cells[:, band] - told) ** 2).sum() / (len(cells) - bands)
    whole = (centred**2).sum(axis=(0, 1)) / clear.sum()
    return np.maximum(found.mean(axis=0), LEAST_NOISE * whole)


def in_log_odds(values: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Return values (R, n, T, B) times the factor a member with which their sums tell its odds."""
    total = values.sum(axis=(2, 3))
    factor = _over((total * odds).sum(axis=1), (total**2).sum(axis=1))
    return values * factor[:, None, None, None]


def refuse_few(items: int, method: str) -> None:
    """Refuse fewer items than a slope can be told from."""
    if items < FEWEST_ITEMS:
        checks.refuse("series", f"at least {FEWEST_ITEMS} items for {method!r}", f"{items}")


def _centred(x: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Return the clear cells less their mean over the items; cloudy ones are 0."""
    seen = clear[..., None].astype(np.float64)
    return (x - (x * seen).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)) * seen


def _covariances(x: np.ndarray, clear: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Return the sum over the clear items of cell times log-odds, both less their means."""
    return np.einsum("rn,ntb->rtb", odds, _centred(x, clear))


def _over(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return the quotient, 0 where it has none."""
    by = np.broadcast_to(by, values.shape)
    return np.divide(values, by, out=np.zeros_like(values), where=by > 0)
