"""The calibrated probability that two items are the same, with an interval."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student

from similarity.pairs.known_pairs import contradictions, known_pairs, weighted_pairs
from similarity.pairs.log_odds import two_groups_of_units
from similarity.pairs.logistic_lines import bent, two_slopes
from similarity.verification.records import NONE, Evidence, symmetric, without_diagonal
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.panels import panels
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.core.units import with_units
from toolbox.resampling.bootstrap_intervals import too_few

FEWEST_RESAMPLES = 39
GRID = 256  # points on which the bootstrap's lines are compared
NO_PROBABILITY = (
    "no probability: neither judged pairs nor units set the level of this evidence (judge pairs, "
    "give units to similarity.evidence, or state prior beside units of several items)"
)
KEPT = 0.5  # share of the resamples that must hold both answers


@record
class SameProbability:
    """P(same) of each pair of n items.

    Attributes
    ----------
    matrix : ndarray (n, n)
        Probability that the pair is the same; symmetric, diagonal NaN. All NaN where nothing sets
        its level (`note`).
    interval : ndarray (n, n, 2)
        Lower and upper limit at `level`; NaN where `note` says why.
    prior : float
        The share of same pairs that is assumed beforehand.
    intercept : float
    slopes : ndarray (2,)
        With P the probability that the evidence itself states: log-odds = intercept +
        slopes[0] log P - slopes[1] log(1 - P), before `prior` is changed. 0, 1 and 1, which change
        nothing, without judged pairs; NaN where the evidence states no probability.
    level : float
    note : str
        What the probability and its interval rest on.
    """

    matrix: np.ndarray
    interval: np.ndarray
    prior: float
    intercept: float
    slopes: np.ndarray
    level: float
    note: str

    def plot(self, ax: Any = None) -> Any:
        """Draw the probabilities, and how wide their intervals are."""
        figure, (left, right) = panels(ax, 1, 2, size=(8, 3.6))
        image = left.imshow(self.matrix, vmin=0, vmax=1, cmap="viridis")
        left.set(xlabel="item", ylabel="item", title="probability of the same texture")
        figure.colorbar(image, ax=left)
        width = self.interval[..., 1] - self.interval[..., 0]
        image = right.imshow(width, vmin=0, vmax=1, cmap="viridis")
        right.set(xlabel="item", title=f"width of the {self.level:.0%} interval")
        figure.colorbar(image, ax=right)
        return figure


def same_probability(
    evidence: Any,
    *,
    pairs: Any = None,
    prior: float | None = None,
    error: float = 0.0,
    units: Any = None,
    level: float = 0.95,
    resamples: int = 199,
    seed: int,
) -> SameProbability:
    r"""Return the probability that each pair is the same, if pairs were judged or units are known.

    Parameters
    ----------
    evidence
        An `Evidence`, whose `level` matters without pairs; or log-odds (n, n), or (R, n, n) from R
        networks trained from scratch as `similarity.siamese_log_odds` gives them, taken at even
        odds. Symmetric; the diagonal does not count and may be NaN.
    pairs
        (m, 3) judged pairs: i, j, 1 for same or 0 for different; at least five of each. A fourth
        column gives each judgement a weight (2 = as if given twice). A pair may be judged more
        than once, also with contradictory answers.
    prior
        Share of same pairs beforehand, between 0 and 1. By default the share that the evidence
        states or, with judged pairs, the share of same among them: say what it is among the pairs
        that are asked about where similar pairs were sought out for judging.
    error
        Probability, below 1/2, that a judge's answer is wrong.
    units
        (n,) what was drawn independently (a sheet, a photograph), and is therefore the same within
        a unit; by default as the evidence says, or every item its own.
    level
        Coverage of the intervals.
    resamples
        Bootstrap resamples, at least 39; they matter with judged pairs only.
    seed
        Seed of the bootstrap.

    Returns
    -------
    SameProbability
        `matrix`, `interval`, `prior`, `intercept`, `slope`, `level`, `note`.

    Raises
    ------
    InputError
        For a table that is not square, symmetric and finite, pairs that point outside or are of one
        kind only, or a number outside its range.

    Notes
    -----
    With pairs beta calibration is fitted (Kull et al., 2017),

    .. math:: \text{log-odds} = a + b \log P - c \log(1 - P),

    P the evidence's own probability, the most probable a ~ N(0, 5^2) and b, c > 0 with logarithms ~
    N(0, 1). The order of pairs stays; b and c are the slopes of a logistic line for pairs that look
    different and for pairs that look the same. Answers that are wrong with probability e say "same"
    with probability e + (1 - 2 e) P(same). The prior is changed by Bayes' rule: logit(prior) minus
    the logit of the share of same among the judged pairs (or of the evidence's own share) is added.

    Without pairs P is that of evidence whose level is set by units (or was by judged pairs). From
    evidence without a level, or of one family, it can be had where units of several items are known
    and the prior is stated: P = prior f1 / f, f1 and f the densities of the scores within units and
    between two (see `similarity.evidence`). With neither, all is NaN.

    Measured on five benchmark sets (benchmarks/same_probability.py, 6 draws each): after 300
    judged pairs the calibration error of 11 175 held-out pairs of other images is .014 to .027 on
    average, a tenth of the pairs being the same. Scores without a level, read as log-odds, are off
    by .09 to .60.

    The interval is of the calibration: whole units of items are redrawn with replacement, a judged
    pair counts the product of how often its two items were drawn (Owen, 2007: the pigeonhole
    bootstrap, since pairs that share an item are not independent). It is conservative where items
    meet in few pairs each: up to sqrt(3) times too wide. What the evidence itself does not know of
    the two images is in P, not in its interval.

    With R networks the log-odds are averaged, and the interval contains where one more network,
    trained from scratch, would put the pair: f' t s sqrt(1 + 1/R), f' the slope of the calibration
    there, s the standard deviation over networks and t Student's quantile with R - 1 degrees of
    freedom. With pairs too, both half-widths of the log-odds are added in squares.

    References
    ----------
    M. Kull, T. Silva Filho, P. Flach, "Beyond sigmoids: how to obtain well-calibrated probabilities
    from binary classifiers with beta calibration", Electronic Journal of Statistics 2017.
    A. B. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 2007.

    Examples
    --------
    >>> import numpy as np
    >>> kind = np.arange(12) % 2
    >>> same = kind[:, None] == kind
    >>> noise = np.random.Generator(np.random.Philox(0)).normal(0, 2, (12, 12))
    >>> log_odds = np.where(same, 1.0, -1.0) + noise + noise.T
    >>> pairs = [(i, j, same[i, j]) for i in range(12) for j in range(i)]
    >>> found = same_probability(log_odds, pairs=pairs, seed=0, resamples=39)
    >>> bool((found.slopes < 1).all()), round(found.prior, 2)
    (True, 0.46)
    """
    tables, share, stated = _log_odds(evidence)
    n = tables.shape[-1]
    prior = None if prior is None else checks.number(prior, "prior", above=0, below=1)
    error = checks.number(error, "error", minimum=0, below=0.5)
    if units is None and isinstance(evidence, Evidence):
        units = evidence.units
    unit = checks.units(units, "units", length=n)
    level = checks.number(level, "level", above=0, below=1)
    resamples = checks.count(resamples, "resamples", minimum=FEWEST_RESAMPLES)
    seed = checks.seed(seed)
    if pairs is None and isinstance(evidence, Evidence) and evidence.level == NONE:
        found = _without_level(tables[0], unit, prior, level)
        return replace(found, note=f"{found.note}; {stated}")
    mean = tables.mean(axis=0, dtype=np.float64)
    line, lines, basis = np.array([share, 0.0, 1.0, 1.0]), None, stated
    if pairs is not None:
        judged = weighted_pairs(pairs, n)
        score = mean[judged[0][:, 0], judged[0][:, 1]]
        line = _line(score, *judged[1:], error)
        lines = _resampled_lines(score, judged, error, unit, resamples, level, seed)
        basis = f"{_basis(judged, error, unit)} of {stated}"
    share = float(line[0])
    centre = _curves(line[None], mean, prior)[0]
    below, above = _half_widths(centre, tables, line, lines, prior, level)
    return SameProbability(
        matrix=_probabilities(centre, tables.dtype),
        interval=np.stack(
            [_probabilities(v, tables.dtype) for v in (centre - below, centre + above)], axis=-1
        ),
        prior=share if prior is None else prior,
        intercept=float(line[1]),
        slopes=line[2:],
        level=level,
        note=with_units(
            f"{basis}; prior {share if prior is None else prior:.3g}"
            f"{'' if prior is None else ' as stated'}; {_interval_note(len(tables), pairs, lines)}",
            unit if lines is None else units,
        ),
    )


def _log_odds(evidence: Any) -> tuple[np.ndarray, float, str]:
    """Return tables (R, n, n) with a zero diagonal, their share of same pairs, what they are."""
    if isinstance(evidence, Evidence):
        table = without_diagonal(evidence.scores, "evidence")
        return (
            table[None],
            _inside(evidence.share),
            f"evidence of {evidence.family} ({evidence.note})",
        )
    tables = without_diagonal(evidence, "evidence")
    if tables.shape[-1] < 2:
        refuse("evidence", "at least two items", tables.shape[-1])
    if tables.ndim == 2:
        return tables[None], 0.5, "log-odds as given, taken at even odds"
    mean = f"mean log-odds of {len(tables)} networks, taken at even odds"
    return tables, 0.5, mean


def _without_level(
    scores: np.ndarray, units: np.ndarray, prior: float | None, level: float
) -> SameProbability:
    """Return P(same) at a stated prior from how pairs within units lie, or NaN."""
    known = known_pairs(None, units, len(scores))
    unknown = np.full_like(scores, np.nan)
    matrix, note = unknown, NO_PROBABILITY
    if prior is not None and known.by_units:
        rows, columns = upper = np.triu_indices(len(scores), 1)
        values, alike = -scores[upper], -scores[tuple(known.alike.index.T)]
        two = known.codes[rows] != known.codes[columns]
        table = two_groups_of_units(values[two], alike, known.alike.weights, prior)
        matrix = expit(symmetric(table(values), upper, len(scores), np.nan)).astype(scores.dtype)
        note = f"two-groups model of {known.alike.units} units of several items"
        note += f"; prior {prior:.3g} as stated; no interval: no judged pairs"
    return SameProbability(
        matrix=matrix,
        interval=np.stack([unknown, unknown], axis=-1),
        prior=np.nan if prior is None else prior,
        intercept=np.nan,
        slopes=np.full(2, np.nan),
        level=level,
        note=note,
    )


def _inside(share: float) -> float:
    return float(np.clip(share, 1e-6, 1 - 1e-6))


def _line(score: np.ndarray, same: np.ndarray, weights: np.ndarray, error: float) -> np.ndarray:
    """Return the share of same pairs (of true ones, where the judge errs), intercept, slopes."""
    said = (weights @ same + 0.5) / (weights.sum() + 1)
    fewest = 0.5 / (weights.sum() + 1)
    share = float(np.clip((said - error) / (1 - 2 * error), fewest, 1 - fewest))
    return np.array([share, *two_slopes(score, same, weights, error=error)])


def _curves(lines: np.ndarray, score: np.ndarray, prior: float | None) -> np.ndarray:
    """Return the log-odds (lines, *score) that each row of share, intercept, slopes gives."""
    shift = 0.0 if prior is None else logit(prior) - logit(lines[:, 0])
    constant = (lines[:, 1] + shift).reshape(-1, *(1,) * score.ndim)
    return constant + np.moveaxis(bent(score) @ lines[:, 2:].T, -1, 0)


def _resampled_lines(
    score: np.ndarray,
    judged: tuple[np.ndarray, np.ndarray, np.ndarray],
    error: float,
    units: np.ndarray,
    resamples: int,
    level: float,
    seed: int,
) -> np.ndarray | None:
    """Return (resamples, 4) rows of `_line`; None where units are too few."""
    index, same, weights = judged
    _, unit = np.unique(units[index], return_inverse=True)
    i, j = unit.reshape(index.shape).T
    n = int(unit.max()) + 1
    if too_few(n, level):
        return None
    draws = generator(seed, "same_probability").multinomial(n, np.full(n, 1 / n), size=resamples)
    lines = []
    for drawn in draws:
        times = weights * np.where(i == j, drawn[i], drawn[i] * drawn[j])
        if min(times @ same, times @ (1 - same)) > 0:
            kept = times > 0
            lines.append(_line(score[kept], same[kept], times[kept], error))
    return np.array(lines) if len(lines) >= KEPT * resamples else None


def _half_widths(
    centre: np.ndarray,
    tables: np.ndarray,
    line: np.ndarray,
    lines: np.ndarray | None,
    prior: float | None,
    level: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far the interval of each log-odds reaches down and up; NaN where unknown."""
    members, mean = len(tables), tables.mean(axis=0, dtype=np.float64)
    square = np.zeros(mean.shape)
    if members > 1:
        t = student.ppf((1 + level) / 2, members - 1)
        slope = line[2] * expit(-mean) + line[3] * expit(mean)
        spread = slope * tables.std(axis=0, ddof=1, dtype=np.float64)
        square = (t * spread) ** 2 * (1 + 1 / members)
    if lines is None:
        unknown = np.where(members > 1, np.sqrt(square), np.nan)
        return unknown, unknown
    grid = np.linspace(mean.min(), mean.max(), GRID)
    tails = [(1 - level) / 2, (1 + level) / 2]
    ends = np.quantile(_curves(lines, grid, prior), tails, axis=0)
    ends -= _curves(line[None], grid, prior)[0]
    low, high = (np.interp(mean, grid, end) for end in ends)
    return np.hypot(np.minimum(low, 0), np.sqrt(square)), np.hypot(
        np.maximum(high, 0), np.sqrt(square)
    )


def _probabilities(log_odds: np.ndarray, dtype: np.dtype) -> np.ndarray:
    result = expit(log_odds).astype(dtype)
    np.fill_diagonal(result, np.nan)
    return result


def _basis(
    judged: tuple[np.ndarray, np.ndarray, np.ndarray], error: float, units: np.ndarray
) -> str:
    index, same, _ = judged
    text = f"beta calibration on {len(same)} judged pairs, {same.mean():.0%} same"
    text += f", of {len(np.unique(index))} items"
    against = len(contradictions(index, same))
    if against:
        text += f", {against} pairs judged both ways"
    one_unit = int(((same == 0) & (units[index[:, 0]] == units[index[:, 1]])).sum())
    if one_unit:
        text += f", {one_unit} times items of one unit judged different"
    return text + (f", each wrong with probability {error:.3g}" if error else "")


def _interval_note(members: int, pairs: Any, lines: np.ndarray | None) -> str:
    parts = []
    if members > 1:
        parts.append(f"where one more network would put the pair (of {members})")
    if lines is not None:
        parts.append(f"bootstrap of the judged items ({len(lines)} resamples)")
    if parts:
        return "interval: " + ", and ".join(parts)
    if pairs is None:
        return "no interval: neither judged pairs nor several networks"
    return "no interval: the judged pairs are of too few independent items"
