"""Windows of recordings before delivery, whose units are the subjects."""

from typing import NamedTuple

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.fetal_heart_rate.recordings.loading import Recordings
from toolbox.multiscale.gaps import means_beside_gaps


@record
class Windows:
    """Windows of one length out of recordings, the last before delivery first.

    Attributes
    ----------
    heart_rate : ndarray (m, T), float32
        Beats a minute, NaN where the signal was lost.
    contractions : ndarray (m, T), float32
        Uterine activity, NaN where it was lost.
    rate : float
        Samples a second, the lowest of the recordings.
    units : ndarray (m,) of str
        The subject of each window.
    recording : ndarray (m,) of int
        Which recording each window is cut from.
    minutes_before : ndarray (m,)
        Minutes from the end of the window to delivery.
    ph : ndarray (m,)
        pH of the umbilical artery, NaN where it is not known.
    note : str
        Recordings that were too short, and where the end of the signal stands for delivery.
    """

    heart_rate: np.ndarray
    contractions: np.ndarray
    rate: float
    units: np.ndarray
    recording: np.ndarray
    minutes_before: np.ndarray
    ph: np.ndarray
    note: str = ""


class _Cut(NamedTuple):
    recording: int
    start: int
    before: float


def windows(
    recordings: Recordings,
    *,
    length: float = 30.0,
    step: float | None = None,
    before_delivery: float | None = None,
) -> Windows:
    r"""Cut recordings into windows that are counted back from delivery.

    Parameters
    ----------
    recordings : Recordings
    length : float
        Minutes of a window.
    step : float, optional
        Minutes from one window to the next; by default its length, so that they are disjoint.
    before_delivery : float, optional
        How many minutes before delivery windows may begin; by default all of a recording.

    Returns
    -------
    Windows
        Those of a recording one after the other, the last before delivery first. Their units are
        the subjects: windows of one subject are not independent.

    Raises
    ------
    InputError
        If no recording is as long as a window, or sampling rates are no multiples of the lowest.

    Notes
    -----
    Of a signal of length T, with windows of length l and a step s, window k = 0, 1, ... is

    .. math:: [T - k s - l, \; T - k s), \qquad k s + l \le T.

    Delivery is as long after T as the header says. A recording of a higher rate
    is brought to the lowest one by the means of the samples that are there.

    References
    ----------
    V. Chudáček et al., "Open access intrapartum CTG database", BMC Pregnancy and Childbirth 14
    (2014) 16.

    Examples
    --------
    >>> import tempfile
    >>> from toolbox import fetal_heart_rates, load_ctg, windows
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     births = fetal_heart_rates(n=2, seed=0, minutes=45)
    ...     _ = births.write(folder)
    ...     found = windows(load_ctg(folder), length=20)
    >>> found.heart_rate.shape, found.minutes_before.tolist()
    ((4, 4800), [0.0, 20.0, 0.0, 20.0])
    """
    if not isinstance(recordings, Recordings):
        refuse("recordings", "Recordings, as load_ctg gives", checks.describe_value(recordings))
    length = checks.number(length, "length", above=0)
    step = length if step is None else checks.number(step, "step", above=0)
    reach = np.inf
    if before_delivery is not None:
        reach = checks.number(before_delivery, "before_delivery", minimum=length)
    rate = float(recordings.rate.min())
    beats = _all_at(recordings.heart_rate, recordings.rate, rate)
    delivery = np.nan_to_num(recordings.to_birth)
    samples, stride = round(length * 60 * rate), max(1, round(step * 60 * rate))
    cuts = [
        _Cut(i, start, delivery[i] + (size - start - samples) / rate / 60)
        for i, size in enumerate(map(len, beats))
        for start in range(size - samples, -1, -stride)
        if delivery[i] + (size - start) / rate / 60 <= reach + 1e-9
    ]
    if not cuts:
        longest = max(map(len, beats)) / rate / 60
        refuse("length", f"at most {longest:g} minutes, the longest recording", length)
    pressure = _all_at(recordings.contractions, recordings.rate, rate)
    which = np.array([cut.recording for cut in cuts])
    return Windows(
        heart_rate=_cut(beats, cuts, samples),
        contractions=_cut(pressure, cuts, samples),
        rate=rate,
        units=recordings.units[which],
        recording=which,
        minutes_before=np.array([cut.before for cut in cuts]),
        ph=recordings.ph[which],
        note=_note(recordings, set(which.tolist())),
    )


def _all_at(signals: tuple[np.ndarray, ...], rates: np.ndarray, rate: float) -> list[np.ndarray]:
    """Return signals at the lowest of their rates: means of the samples that are there."""
    factors = rates / rate
    if not np.allclose(factors, np.round(factors), atol=1e-6):
        refuse("recordings", "sampling rates that are multiples of the lowest", rates.tolist())
    whole = np.round(factors).astype(int)
    return [means_beside_gaps(x, f) for x, f in zip(signals, whole, strict=True)]


def _cut(signals: list[np.ndarray], cuts: list[_Cut], samples: int) -> np.ndarray:
    return np.stack([signals[cut.recording][cut.start : cut.start + samples] for cut in cuts])


def _note(recordings: Recordings, used: set[int]) -> str:
    short = [name for i, name in enumerate(recordings.names) if i not in used]
    unsaid = int(np.isnan(recordings.to_birth).sum())
    notes = [f"{len(short)} recordings give no window, such as {short[0]}"] if short else []
    notes += [f"the end of the signal stands for delivery in {unsaid}"] if unsaid else []
    return "; ".join(notes + [recordings.note] * bool(recordings.note))
