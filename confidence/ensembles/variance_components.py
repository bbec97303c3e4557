"""Which source of randomness moves the answers: variance components of crossed retrainings."""

from typing import Any

import numpy as np

from confidence.ensembles.crossed_designs import crossed, mean_squares, terms
from toolbox.core import checks
from toolbox.core.panels import panels
from toolbox.core.records import record

ROUNDING = 1e-28  # mean squares of probabilities below it are nothing else


@record
class Components:
    """Variance components of probabilities over a crossed design of T terms.

    Attributes
    ----------
    terms : tuple of T strings
        "init", "order", "init:order" and so on; the last one includes what nothing explains.
    components : ndarray (T, n, C)
        Unbiased estimates of each term's variance; they can be negative.
    interval : ndarray (T, n, C, 2)
        Satterthwaite's intervals, from 0 where an F test does not tell the term from 0; from 0 to
        NaN where the estimate is not positive.
    shares : ndarray (T,)
        Of the variance of a single member's answer, averaged over items and classes, negative
        averages as 0; they sum to one (NaN where nothing varies).
    mean : ndarray (n, C)
        Mean probability over the design.
    standard_error : ndarray (n, C)
        Of that mean, as an estimate of the mean over fresh levels of every factor.
    degrees_of_freedom : ndarray (n, C)
        Satterthwaite's, of the squared standard error; NaN where no answer varies.
    mean_interval : ndarray (n, C, 2)
        Student's interval of the mean, cut at 0 and 1.
    levels : tuple of int
        Number of levels of each factor.
    level : float
    """

    terms: tuple[str, ...]
    components: np.ndarray
    interval: np.ndarray
    shares: np.ndarray
    mean: np.ndarray
    standard_error: np.ndarray
    degrees_of_freedom: np.ndarray
    mean_interval: np.ndarray
    levels: tuple[int, ...]
    level: float

    def plot(self, ax: Any = None) -> Any:
        """Draw the shares of the terms."""
        figure, axes = panels(ax, size=(5, 3))
        axes.barh(np.arange(len(self.terms)), 100 * self.shares)
        axes.set_yticks(np.arange(len(self.terms)), self.terms)
        axes.invert_yaxis()
        axes.set(xlabel="% of the variance of one member's answer")
        return figure


def variance_components(
    votes: Any, design: Any, *, names: Any = None, level: float = 0.95
) -> Components:
    r"""Split the variance of retrained members' answers into its sources and their interactions.

    Parameters
    ----------
    votes : array (R, n, C)
        Class probabilities of all members of a crossed design.
    design : array (R, F)
        Level of each factor in each member, every combination once: ``runs.design`` of
        ``retrain(..., redraw={"init": 7, "resample": 7})``. Columns of one level are left out.
    names : F strings, optional
        Of the factors; by default those of the streams where F is 5.
    level : nominal level of the intervals, above 0 and below 1

    Returns
    -------
    Components

    Raises
    ------
    InputError
        Votes that are not probabilities, a design that is not crossed, balanced and complete.

    Notes
    -----
    Random effects p = mu + sum_S a_S over the sets S of factors, estimated by the method of moments
    (Searle, Casella & McCulloch 1992): with n_f levels,

    .. math:: E\, MS_S = \sum_{T \supseteq S} s_T^2 \prod_{f \notin T} n_f, \qquad
        s_S^2 \prod_{f \notin S} n_f = \sum_{T \supseteq S} (-1)^{|T| - |S|} MS_T.

    The mean over the design has the variance

    .. math:: \sum_S \frac{s_S^2}{\prod_{f \in S} n_f} = \frac1R \sum_T (-1)^{|T| + 1} MS_T;

    where that is not positive, (1/R) times the sum of the main effects' mean squares, which is too
    large, stands for it. Sums of mean squares have the degrees of freedom (sum a MS)^2 / sum (a
    MS)^2 / f (Satterthwaite 1946). s / sqrt(R), which takes the members for independent, can be
    many times too small: they share their levels. Intervals are exact for Gaussian effects: of
    probabilities near 0 or 1, whose effects are skewed, they cover less (on digits 74 to 88 %
    instead of 95), while the standard error is right on average.

    References
    ----------
    S. Searle, G. Casella, C. McCulloch, Variance Components, 1992. F. Satterthwaite, An approximate
    distribution of estimates of variance components, Biometrics Bulletin 2 (1946).

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import variance_components
    >>> design = np.indices((3, 4)).reshape(2, -1).T
    >>> p = 0.5 + 0.1 * design[:, 0]                       # the first factor alone moves it
    >>> votes = np.stack([p, 1 - p], axis=1)[:, None]
    >>> c = variance_components(votes, design, names=["init", "order"])
    >>> c.terms, c.shares.round(3).tolist(), c.components[0, 0].round(4).tolist()
    (('init', 'order', 'init:order'), [1.0, 0.0, 0.0], [0.01, 0.01])
    """
    votes = checks.probabilities(votes, "votes", ndim=3)
    level = checks.number(level, "level", above=0, below=1)
    factors, place = crossed(design, names, members=len(votes))
    every = terms(len(factors))
    squares, freedoms = mean_squares(votes[place], len(factors))
    squares = np.where(squares < ROUNDING, 0, squares)
    repeats = np.array([_product(place.shape, t, inside=False) for t in every])
    signs = np.array([[_sign(s, t) for t in every] for s in every])  # of MS_T in term S
    components = np.einsum("st,tic->sic", signs / repeats[:, None], squares)
    mean, average = votes.mean(axis=0), np.maximum(components.mean(axis=(1, 2)), 0)
    total = average.sum()
    variance, freedom = _variance_of_mean(squares, freedoms, every, len(votes))
    return Components(
        terms=tuple(":".join(factors[k] for k in t) for t in every),
        components=components,
        interval=_intervals(signs / repeats[:, None], squares, freedoms, level),
        shares=average / total if total > 0 else np.full(len(every), np.nan),
        mean=mean,
        standard_error=np.sqrt(variance),
        degrees_of_freedom=freedom,
        mean_interval=_student(mean, variance, freedom, level),
        levels=place.shape,
        level=level,
    )


def _product(sizes: tuple[int, ...], term: tuple[int, ...], *, inside: bool) -> int:
    return int(np.prod([n for k, n in enumerate(sizes) if (k in term) == inside]))


def _sign(s: tuple[int, ...], t: tuple[int, ...]) -> int:
    return (-1) ** (len(t) - len(s)) if set(s) <= set(t) else 0


def satterthwaite(
    weights: np.ndarray, squares: np.ndarray, freedoms: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return sum a MS, (...), and its approximate degrees of freedom; NaN where all are 0."""
    parts = weights.reshape(-1, *(1,) * (squares.ndim - 1)) * squares
    spread = (parts**2 / freedoms.reshape(-1, *(1,) * (squares.ndim - 1))).sum(axis=0)
    total = parts.sum(axis=0)
    return total, np.where(spread > 0, total**2 / np.where(spread > 0, spread, 1), np.nan)


def _variance_of_mean(
    squares: np.ndarray, freedoms: np.ndarray, every: list, members: int
) -> tuple[np.ndarray, np.ndarray]:
    alternating = np.array([(-1) ** (len(t) + 1) for t in every]) / members
    main = np.array([len(t) == 1 for t in every]) / members
    unbiased, of_unbiased = satterthwaite(alternating, squares, freedoms)
    safe, of_safe = satterthwaite(main, squares, freedoms)
    positive = unbiased > 0
    return np.where(positive, unbiased, safe), np.where(positive, of_unbiased, of_safe)


def _intervals(
    weights: np.ndarray, squares: np.ndarray, freedoms: np.ndarray, level: float
) -> np.ndarray:
    """Return f s^2 / chi-square's quantiles for each term: (T, n, C, 2).

    The lower one is 0 where the term could be: where the mean squares that are added are not
    significantly larger, by the F test of the same tail, than those that are subtracted.
    """
    from scipy.stats import chi2
    from scipy.stats import f as fisher

    low_tail, high_tail = (1 + level) / 2, (1 - level) / 2
    limits = []
    for row in weights:
        value, freedom = satterthwaite(row, squares, freedoms)
        positive = value > 0
        f = np.where(positive, freedom, 1)
        with np.errstate(divide="ignore", over="ignore"):  # a quantile of 0: no upper limit
            low, high = (f * value / chi2.ppf(tail, f) for tail in (low_tail, high_tail))
        added, f_added = satterthwaite(np.maximum(row, 0), squares, freedoms)
        taken, f_taken = satterthwaite(np.maximum(-row, 0), squares, freedoms)
        compared = positive & (taken > 0)
        ratio = added / np.where(compared, taken, 1)
        dfs = (np.where(compared, d, 1) for d in (f_added, f_taken))
        certain = ~compared | (fisher.sf(ratio, *dfs) < high_tail)
        low = np.where(positive & certain, low, 0)
        limits.append(np.stack([low, np.where(positive, high, np.nan)], axis=-1))
    return np.stack(limits)


def _student(
    mean: np.ndarray, variance: np.ndarray, freedom: np.ndarray, level: float
) -> np.ndarray:
    from scipy.special import stdtrit

    moving = variance > 0
    quantile = stdtrit(np.where(moving, freedom, 1), (1 + level) / 2)
    half = np.where(moving, quantile * np.sqrt(variance), 0)
    return np.clip(np.stack([mean - half, mean + half], axis=-1), 0, 1)
