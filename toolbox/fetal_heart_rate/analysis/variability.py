"""How a fetal heart rate varies beside its events: bandwidths, and statistics across scales."""

import numpy as np

from toolbox.core.checks import InputError
from toolbox.fetal_heart_rate.analysis.events import Event
from toolbox.multifractals.multifractal_analysis import multifractal

MULTISCALE = ("c1", "c2", "log_leader_2s", "log_leader_4s", "log_leader_8s")
SCALES = (1, 3)  # of a value a second: 2, 4 and 8 seconds, below what events last
WAVELET, LEADERS = "db2", 16  # a short filter, since gaps cut what is longer; leaders at least
HELD = 20  # seconds of signal that a minute's bandwidth needs


def bandwidths(x: np.ndarray, found: list[Event]) -> np.ndarray:
    """Return the bandwidth of each minute outside events, NaN where too little is left."""
    calm = x.copy()
    for event in found:
        calm[int(event.onset) : int(event.end)] = np.nan
    minutes = calm[: len(calm) // 60 * 60].reshape(-1, 60)
    held = (~np.isnan(minutes)).sum(axis=1) >= HELD
    bands = np.full(len(minutes), np.nan)
    bands[held] = np.nanmax(minutes[held], axis=1) - np.nanmin(minutes[held], axis=1)
    return bands


def multiscale(x: np.ndarray) -> np.ndarray:
    """Return c1, c2 and mean log-leaders (n, 5) of signals (n, T); NaN where gaps leave too few."""
    lost = np.isnan(x)
    told = _leaders_left(lost)
    # What tells nothing is replaced, not left out: a program is compiled for each number of items.
    stand_in = np.cumsum(np.cos(np.arange(x.shape[-1]) ** 1.5))
    while True:
        kept = np.where(told[:, None], np.where(lost, 0.0, x), stand_in)
        gaps = {"missing": lost & told[:, None], "scales": SCALES}
        try:
            found = multifractal(kept, dim=1, wavelet=WAVELET, p=2, gamma=1, **gaps)
        except InputError as error:  # an item too rough for leaders, or constant
            if error.item is None or not told[error.item]:
                raise
            told[error.item] = False
            continue
        logs = found.log_cumulants[:, SCALES[0] - 1 : SCALES[1], 0]
        values = np.concatenate([found.cumulants[:, :2], logs], axis=1)
        return np.where(told[:, None], values, np.nan)


def _leaders_left(lost: np.ndarray) -> np.ndarray:
    """Say in which signals gaps leave enough leaders at the coarsest scale.

    A leader looks at three intervals of its scale and at what the filter overlaps: a run of signal
    as long as that holds one at least.
    """
    step = 2 ** SCALES[1]
    support = 3 * step + 3 * (step - 1)
    gone = np.concatenate([np.zeros((len(lost), 1)), np.cumsum(lost, axis=1)], axis=1)
    whole = (gone[:, support:] == gone[:, :-support])[:, ::step]
    return whole.sum(axis=1) >= LEADERS
