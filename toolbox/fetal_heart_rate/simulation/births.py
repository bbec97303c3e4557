"""Fetal heart rates in labour whose events, sleep states and outcome are known."""

import os
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np

from toolbox.core import checks
from toolbox.core.atomic_files import written_whole
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.fetal_heart_rate.analysis.events import event_columns
from toolbox.fetal_heart_rate.simulation import parts

PH, ACIDOTIC_MEAN = 7.24, 7.0  # of the healthy, of the acidotic
PH_SD, PH_SLOPE = 0.03, 0.02  # spread; lost for a unit of severity
ACIDOTIC = 7.05  # at and below: the outcome that is looked for


@record
class FetalHeartRates:
    """Simulated recordings of n births, with their truth.

    Attributes
    ----------
    heart_rate : ndarray (n, T), float32
        Beats a minute, NaN where the signal is lost; item i of a seed is the same for any `n`.
    contractions : ndarray (n, T), float32
        Uterine activity.
    rate : float
        Samples a second.
    acidotic : ndarray (n,) of int
        1 for the acidotic; as evenly spread over the items as their share allows.
    severity : ndarray (n,)
        What the heart rate knows of the outcome: normal of variance 1 around 0, and around
        ``sqrt(2) Phi^-1(bayes_auc)`` for the acidotic. It makes late decelerations likelier and
        variability smaller.
    bayes_auc : float
        The AUC of the severity: no function of the heart rate has a larger one.
    baseline : ndarray (n, S), float32
        The true baseline, a value a second.
    quiet : ndarray (n, S) of bool
        Quiet sleep, a value a second.
    item : ndarray (m,) of int
        Which item each event is in.
    kind : ndarray (m,) of str
        acceleration, early, late, variable or prolonged.
    onset, nadir, end : ndarray (m,)
        Seconds from the start.
    amplitude : ndarray (m,)
        Beats a minute from the baseline, positive for both.
    units : ndarray (n,) of int
        Every birth is its own subject.
    ph : ndarray (n,)
        A pH that agrees with the outcome: at most 7.05 for the acidotic.
    note : str
        The law in words.
    """

    heart_rate: np.ndarray
    contractions: np.ndarray
    rate: float
    acidotic: np.ndarray
    severity: np.ndarray
    bayes_auc: float
    baseline: np.ndarray
    quiet: np.ndarray
    item: np.ndarray
    kind: np.ndarray
    onset: np.ndarray
    nadir: np.ndarray
    end: np.ndarray
    amplitude: np.ndarray
    units: np.ndarray
    ph: np.ndarray
    note: str = ""

    def write(self, folder: str | os.PathLike) -> list[str]:
        """Write the recordings as CTU-UHB does, headers beside samples; return the names."""
        return [_written(self, i, Path(folder)) for i in range(len(self.heart_rate))]


class _Birth(NamedTuple):
    heart_rate: np.ndarray
    contractions: np.ndarray
    baseline: np.ndarray
    quiet: np.ndarray
    shapes: list[parts.Shape]
    severity: float


def fetal_heart_rates(
    *,
    n: int,
    seed: int,
    minutes: float = 90.0,
    rate: float = 4.0,
    acidotic: float = 0.08,
    loss: float = 0.1,
    bayes_auc: float = 0.85,
) -> FetalHeartRates:
    r"""Draw fetal heart rates in labour of known events and outcome.

    Parameters
    ----------
    n : int
        Number of births; birth i is the same for any `n`.
    seed : int
        Seed of the named streams, one a birth.
    minutes : float
        Length of the recordings, at least 10.
    rate : float
        Samples a second, from 1 to 20; CTU-UHB has 4, older monitors 2.
    acidotic : float
        Share of the acidotic, from 0 to 1.
    loss : float
        Share of the signal that is lost, 0 to 0.4, in gaps of 8 seconds on average.
    bayes_auc : float
        AUC of the best possible answer, from 0.5 to below 1.

    Returns
    -------
    FetalHeartRates

    Raises
    ------
    InputError
        If an argument is not as above.

    Notes
    -----
    Given its severity s, normal of variance 1 around 0 or d, a heart rate does not depend on the
    outcome, so that no function f of it tells the outcome better than s:

    .. math:: \mathrm{AUC}(f) \le \Phi(d / \sqrt 2).

    The heart rate is a baseline that drifts; variability that is forgotten in 6
    seconds, of ``3 exp(-0.13 s)`` beats a minute in active sleep and about half of it in quiet
    sleep; accelerations in active sleep; and decelerations timed on the contractions: a
    contraction brings a late one with log-odds ``-1.9 + 0.9 s``, an early, variable or prolonged
    one at fixed rates. Plausible numbers, fitted to nothing.

    References
    ----------
    D. Ayres-de-Campos, C. Y. Spong, E. Chandraharan, "FIGO consensus guidelines on intrapartum
    fetal monitoring: Cardiotocography", Int. J. Gynecology & Obstetrics 131 (2015) 13.

    Examples
    --------
    >>> from toolbox import fetal_heart_rates
    >>> births = fetal_heart_rates(n=13, minutes=20, acidotic=0.08, seed=0)
    >>> births.heart_rate.shape, int(births.acidotic.sum()), births.bayes_auc
    ((13, 4800), 1, 0.85)
    """
    n, seed = checks.count(n, "n"), checks.seed(seed)
    minutes = checks.number(minutes, "minutes", minimum=10, maximum=24 * 60)
    rate = checks.number(rate, "rate", minimum=1, maximum=20)
    share = checks.number(acidotic, "acidotic", minimum=0, maximum=1)
    loss = checks.number(loss, "loss", minimum=0, maximum=0.4)
    bayes_auc = checks.number(bayes_auc, "bayes_auc", minimum=0.5, below=1)
    ill = np.floor((np.arange(n) + 1) * share + 1e-9) > np.floor(np.arange(n) * share + 1e-9)
    shift = _distance(bayes_auc)
    births = [_birth(shift * ill[i], minutes, rate, loss, seed, i) for i in range(n)]
    told = [(i, shape) for i, birth in enumerate(births) for shape in birth.shapes]
    return FetalHeartRates(
        heart_rate=np.stack([b.heart_rate for b in births]),
        contractions=np.stack([b.contractions for b in births]),
        rate=rate,
        acidotic=ill.astype(np.int64),
        severity=np.array([b.severity for b in births]),
        bayes_auc=bayes_auc,
        baseline=np.stack([b.baseline for b in births]),
        quiet=np.stack([b.quiet for b in births]),
        **event_columns(told),
        units=np.arange(n),
        ph=np.array([_ph(b.severity, ill[i], seed, i) for i, b in enumerate(births)]),
        note=f"simulated; {loss:.0%} of the signal lost, {int(ill.sum())} of {n} acidotic",
    )


def _distance(auc: float) -> float:
    """Return how far apart two normal means are whose AUC is this."""
    from scipy.stats import norm

    return sqrt(2) * float(norm.ppf(auc))


def _birth(shift: float, minutes: float, rate: float, loss: float, seed: int, item: int) -> _Birth:
    rng = generator(seed, "fetal_heart_rates", item)
    severity = float(shift + rng.standard_normal())
    seconds, samples = 60 * minutes, round(60 * minutes * rate)
    time = np.arange(samples) / rate
    contractions = parts.contraction_times(seconds, rng)
    quiet = parts.sleep_states(seconds, rng)
    shapes = list(parts.decelerations(contractions, severity, seconds, rng))
    shapes += parts.accelerations(quiet, shapes, seconds, rng)
    level = _baseline(time, rng)
    beats = level + parts.variability(quiet, severity, rate, samples, rng)
    for shape in shapes:
        beats += shape.at(time)
    beats[parts.lost_signal(loss, rate, samples, rng)] = np.nan
    return _Birth(
        heart_rate=np.clip(beats, 50, 220).astype(np.float32),
        contractions=parts.pressure(contractions, time, rng).astype(np.float32),
        baseline=level[(np.arange(len(quiet)) * rate).astype(int)].astype(np.float32),
        quiet=quiet,
        shapes=sorted(shapes, key=lambda shape: shape.onset),
        severity=severity,
    )


def _baseline(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a level from 118 to 152 that drifts by some beats in half an hour."""
    level = np.full(len(time), rng.uniform(118, 152))
    for period in rng.uniform(1500, 4500, 2):
        level += rng.uniform(0, 2.5) * np.sin(2 * np.pi * (time / period + rng.random()))
    return level


def _ph(severity: float, ill: np.bool_, seed: int, item: int) -> float:
    """Return a pH on the outcome's side of 7.05, as the database writes it: two decimals."""
    noise = PH_SD * generator(seed, "fetal_heart_rates", "pH", item).standard_normal()
    drawn = (ACIDOTIC_MEAN if ill else PH) - PH_SLOPE * severity + noise
    limits = (6.8, ACIDOTIC) if ill else (ACIDOTIC + 0.01, 7.45)
    return round(float(np.clip(drawn, *limits)), 2)


def _written(births: FetalHeartRates, i: int, folder: Path) -> str:
    """Write one record of format 16: hundredths, 0 where the heart rate was lost."""
    name = f"{1001 + i}"
    both = np.stack([births.heart_rate[i], births.contractions[i]], axis=1)
    samples = np.round(100 * np.nan_to_num(both, nan=0.0)).astype("<i2")
    sums = samples.sum(axis=0, dtype=np.int64) % 2**16
    lines = [f"{name} 2 {births.rate:g} {len(samples)}"]
    lines += [
        f"{name}.dat 16 100/{unit} 16 0 {samples[0, k]} {sums[k]} 0 {channel}"
        for k, (unit, channel) in enumerate((("bpm", "FHR"), ("nd", "UC")))
    ]
    lines += ["#----- simulated", f"#pH           {births.ph[i]:.2f}", "#Sig2Birth    0"]
    for file, content in ((f"{name}.dat", samples.tobytes()), (f"{name}.hea", _text(lines))):
        with written_whole(folder / file) as handle:
            handle.write(content)
    return name


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
