"""Attributions of every member of an ensemble, and how far they agree."""

from typing import Any

import numpy as np

from confidence.explanations.methods import ADDING_UP, METHODS, refuse_method
from confidence.explanations.models import ALL_OTHERS, Question, ends, model_of
from confidence.explanations.null_cells import null_scale, shrinkage
from toolbox.core import checks
from toolbox.core.panels import panels
from toolbox.core.records import record

LEVEL = 0.95
ROLE_LEVEL = 0.97  # of the test of "no role": of the cells without one 3 % may be called confident
LEARNT = 0.01  # larger p-value of the items left out: nothing was learnt that could have a role
UNSIGNED = ("attention",)  # says where the network looks, the same whichever side it takes
MOST_OF_A_BAND = 0.5  # of the whole role: more in one band of several is what a leak looks like


@record
class Explanation:
    """What the log-odds of n items rest on: T dates x B bands, in each of R members.

    Attributes
    ----------
    values : ndarray (R, n, T, B)
        What each cell adds to the log-odds of an item, in each member.
    mean, sd : ndarray (n, T, B)
        Mean and standard deviation over the members; sd is NaN for one member.
    interval : ndarray (n, T, B, 2)
        ``mean -+ t sd`` with Student's 97.5 % quantile of R - 1 degrees of freedom.
    confident : ndarray (n, T, B) of bool
        Where the interval leaves 0 out.
    roles : ndarray (R, T, B)
        Role of each cell in each member: the mean over the items of what it adds towards the side
        that the members together take; of "attention", which has no sign, the mean.
    role : ndarray (T, B)
        Mean role over the members.
    role_interval : ndarray (T, B, 2)
        ``role -+ t sd`` of `roles`.
    role_confident : ndarray (T, B) of bool
        Cells that surely have a role: where 97 % of Student's t, spread by `null_scale` (below),
        leave 0 out. None where the members tell nothing of the items left out of their training.
    rank_agreement : float
        Mean rank correlation of the roles of two members, from -1 to 1; NaN for one member.
    side : ndarray (n,)
        1 where the members' mean log-odds are positive, else -1.
    odds, base_odds : ndarray (R, n)
        Log-odds of the items, and of the baseline in their place.
    band_shares : ndarray (B,)
        Share of each band in the sum of abs(role).
    method : str
        How it was computed.
    dates : ndarray (T,) of int
        Days.
    bands : tuple of str
        Names of the bands, where they are known.
    asked : ndarray (n, 2) of int
        Column of the class asked about, and of the one it is against; -1 for all others.
    note : str
        Which redraws the interval counts, and a band that carries most of the role alone.
    """

    values: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    interval: np.ndarray
    confident: np.ndarray
    roles: np.ndarray
    role: np.ndarray
    role_interval: np.ndarray
    role_confident: np.ndarray
    rank_agreement: float
    side: np.ndarray
    odds: np.ndarray
    base_odds: np.ndarray
    band_shares: np.ndarray
    method: str
    dates: np.ndarray
    bands: tuple
    asked: np.ndarray
    note: str = ""

    @property
    def null_scale(self) -> float:
        """How widely role over sd spreads without a role, against Student's t; at most 1.

        Read from all cells: an empirical null (Efron, 2004).
        """
        return null_scale(self.role, over_members(self.roles)[1], len(self.roles))

    @property
    def shrunk(self) -> np.ndarray:
        """`mean` with each cell times ``max(0, 1 - sd^2 / role^2)``, unsure ones nearer to 0.

        The sd is that of `roles`, spread by `null_scale`; nearer to the truth than `mean` where few
        cells have a role. One member's is its mean.
        """
        if len(self.roles) == 1:
            return self.mean
        return self.mean * shrinkage(self.role, self.null_scale * over_members(self.roles)[1])

    def plot(self, ax: Any = None) -> Any:
        """Draw the role of each cell; a dot where it is sure not to be zero."""
        figure, axes = panels(ax, size=(6, 3))
        largest = np.abs(self.role).max() or 1.0
        shown = axes.imshow(self.role.T, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto")
        date, band = np.nonzero(self.role_confident)
        axes.plot(date, band, ".", color="black", markersize=4)
        ticks = np.linspace(0, len(self.dates) - 1, min(6, len(self.dates))).round().astype(int)
        axes.set_xticks(ticks, [str(self.dates[t]) for t in ticks])
        if self.bands:
            axes.set_yticks(range(len(self.bands)), self.bands)
        axes.set(xlabel="day", ylabel="band", title=f"{self.method}, {len(self.roles)} members")
        figure.colorbar(shown, ax=axes, label="role in the log-odds")
        return figure


def explain(
    ensemble: Any,
    series: Any,
    *,
    method: str = "integrated gradients",
    clear: Any = None,
    of: Any = None,
    groups: Any = None,
    baseline: Any = "mean",
    steps: int | None = None,
    orders: int = 8,
    seed: int | None = None,
) -> Explanation:
    r"""Say what each cell of a series adds to the log-odds, in every member, in one pass.

    Parameters
    ----------
    ensemble : SeriesEnsemble, function or list of functions
        What `classify_series` returned. Functions take series (n, T, B) and return logits (n, C);
        they are explained by replacing cells alone.
    series : array (n, T, B) or record
        The items to explain, on the dates of the training.
    method : str
        "gradient" (gradient times distance from the baseline), "integrated gradients" (the same
        with the mean gradient on the way from the baseline), "occlusion" (each group replaced),
        "shapley" (exact, over all coalitions of up to 14 groups), "sampled shapley" (over random
        orders of the groups), "pattern" (what the cell alone tells of the member's log-odds, over
        the explained items, of which it wants hundreds), "grad-cam" (of the dates; what speaks for
        the side taken alone), "attention" (the network's own; no sign, and the same whatever the
        class), "shapelets" (through the learned shapelets that the cells are nearer to than the
        baseline is).
    clear : array (n, T) of bool, optional
        Which dates no cloud hides; cloudy cells add nothing.
    of : label or pair of labels, optional
        The log-odds of a class against all others, or of the first of two against the second. By
        default of the second class against the first where there are two, else of each item's
        predicted class against all others.
    groups : str or array, optional
        Cells that are replaced together: "bands" (default of "shapley"), "dates", "cells" (default
        of the others), labels (T, B), or masks (G, T, B) that share out all cells. A group's value
        is shared evenly among its clear cells.
    baseline : "mean" or array (T, B)
        What stands for an absent cell: the mean of the clear training items (of the explained items
        for functions), or values in the unit of the series.
    steps : int, optional
        Parts of the way, of integrated gradients. By default 5 for "tempcnn" and "linear", whose
        slopes are taken between the ends of a part, and 16 for the others, at its middle.
    orders : int
        Random orders of "sampled shapley"; every second is the reverse of the one before.
    seed : int, optional
        Needed by "sampled shapley".

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        A method that the network does not offer, groups that overlap or leave cells out, a baseline
        of another shape, series without a clear date.

    Notes
    -----
    Integrated gradients of the log-odds l from the baseline b (Sundararajan et al., 2017) and
    Shapley values over the G groups (Shapley, 1953), v(S) the log-odds with the cells outside S
    replaced by the baseline:

    .. math:: (x_j - b_j) \int_0^1 \partial_j l(b + a (x - b))\, da, \qquad
        \sum_{S \not\ni g} \frac{|S|!\, (G - |S| - 1)!}{G!} \bigl(v(S \cup g) - v(S)\bigr).

    The former sum to the difference of the log-odds up to the steps, the latter exactly. Of
    networks of affine layers with ReLU between, the slopes are those of secants over each part of
    the way, as DeepLIFT's multipliers (Shrikumar et al., 2017): for two classes their sum is exact,
    and 5 parts err less than 16 midpoints. So is the sum of the shapelets' cells, each least
    distance being a sum over cells.

    The pattern (Haufe et al., 2014) is ``(x_j - b_j) cov(x_j, l) / var(x_j)`` over the clear items.
    Of cells that tell the same a network uses any; the pattern gives all of them, and so finds what
    differs between the classes. Grad-CAM: Selvaraju et al. (2017).

    The test of "no role" supposes that most cells have none (Efron, 2004). The intervals are about
    a training repeated with what was redrawn. The size of a role they do not cover as stated, since
    a network's scale is not that of the true log-odds: `role_sizes` measures it with held-out
    labels.

    References
    ----------
    M. Sundararajan, A. Taly, Q. Yan, "Axiomatic attribution for deep networks", ICML 2017.
    L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games 2 (1953) 307.
    A. Shrikumar, P. Greenside, A. Kundaje, "Learning important features through propagating
    activation differences", ICML 2017.
    S. Haufe et al., "On the interpretation of weight vectors of linear models in multivariate
    neuroimaging", NeuroImage 87 (2014) 96.
    B. Efron, "Large-scale simultaneous hypothesis testing: the choice of a null hypothesis", JASA
    99 (2004) 96.
    W. James, C. Stein, "Estimation with quadratic loss", Berkeley Symposium 4 (1961) 361.
    R. R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
    localization", ICCV 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import explain
    >>> def member(x):  # log-odds are the sum of the first band
    ...     odds = x[..., 0].sum(axis=1)
    ...     return np.stack([0 * odds, odds], axis=1)
    >>> x = np.random.default_rng(0).normal(size=(5, 3, 2))
    >>> found = explain(member, x, method="shapley", groups="cells", baseline=np.zeros((3, 2)))
    >>> np.allclose(found.values[0, ..., 0], x[..., 0]), found.band_shares.round(9).tolist()
    (True, [1.0, 0.0])
    """
    model = model_of(ensemble)
    method = checks.choice(method, "method", tuple(METHODS))
    refuse_method(method, model)
    x, seen = model.read(series, clear)
    settings = {
        "groups": groups,
        "steps": None if steps is None else checks.count(steps, "steps"),
        "orders": checks.count(orders, "orders"),
        "seed": _seed(seed, method),
    }
    logits = model.logits(x, seen)
    target = _target(of, model.classes, logits)
    question = Question(
        x=x,
        clear=seen,
        baseline=np.broadcast_to(model.baseline(_baseline(baseline, x.shape[1:])), x.shape),
        of=target[0],
        against=target[1],
    )
    values = METHODS[method](model, question, settings).astype(np.float64)
    values = values * seen[..., None]
    base_odds, odds = ends(model, question, logits, same_program=method in ADDING_UP)
    return explanation(
        values,
        odds=odds,
        base_odds=base_odds,
        redrawn=tuple(model.redrawn),
        labels={
            "method": method,
            "dates": model.dates,
            "bands": model.bands,
            "asked": np.stack(target, axis=1),
        },
        left_out=model.left_out,
        told=model.note,
    )


def explanation(
    values: np.ndarray,
    *,
    odds: np.ndarray,
    base_odds: np.ndarray,
    redrawn: tuple[str, ...],
    labels: dict[str, Any],
    left_out: float = float("nan"),
    told: str = "",
) -> Explanation:
    """Return the record of the members' attributions (R, n, T, B)."""
    side = np.where(odds.mean(axis=0) > 0, 1.0, -1.0)
    unsigned = labels["method"] in UNSIGNED
    towards = np.ones_like(side) if unsigned else side
    roles = np.einsum("rntb,n->rtb", values, towards) / len(side)
    mean, sd, interval, confident = over_members(values)
    role, spread, role_interval, _ = over_members(roles)
    # Where it is not known (NaN), nothing speaks against it; what is never 0 is no evidence.
    learnt = not left_out > LEARNT and not unsigned
    total = np.abs(role).sum()
    shares = np.abs(role).sum(axis=0) / (total if total > 0 else 1)
    note = _note(len(values), shares, redrawn, labels["bands"], left_out)
    note += f"; {labels['method']} has no sign: no cell is confident" if unsigned else ""
    return Explanation(
        values=values,
        mean=mean,
        sd=sd,
        interval=interval,
        confident=confident & learnt,
        roles=roles,
        role=role,
        role_interval=role_interval,
        role_confident=_sure(role, spread, len(values)) & learnt,
        rank_agreement=_rank_agreement(roles),
        side=side,
        odds=odds,
        base_odds=base_odds,
        band_shares=shares,
        note="; ".join(filter(None, [note, told])),
        **labels,
    )


def over_members(values: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return mean, standard deviation, interval and where it leaves 0 out, over the first axis."""
    from scipy.stats import t

    members = len(values)
    mean = values.mean(axis=0)
    if members == 1:
        nothing = np.full(mean.shape, np.nan)
        return mean, nothing, np.stack([nothing, nothing], axis=-1), np.zeros(mean.shape, bool)
    sd = values.std(axis=0, ddof=1)
    half = t.ppf((1 + LEVEL) / 2, members - 1) * sd
    return mean, sd, np.stack([mean - half, mean + half], axis=-1), np.abs(mean) > half


def _sure(role: np.ndarray, spread: np.ndarray, members: int) -> np.ndarray:
    """Return the cells that leave the null of all cells."""
    from scipy.stats import t

    if members == 1:
        return np.zeros(role.shape, bool)
    limit = t.ppf((1 + ROLE_LEVEL) / 2, members - 1) * spread
    return np.abs(role) > null_scale(role, spread, members) * limit


def _rank_agreement(roles: np.ndarray) -> float:
    from scipy.stats import rankdata

    members = len(roles)
    ranks = rankdata(roles.reshape(members, -1), axis=1)
    if members == 1 or (np.ptp(ranks, axis=1) == 0).any():
        return float("nan")
    correlations = np.corrcoef(ranks)
    return float((correlations.sum() - members) / (members * (members - 1)))


def _note(
    members: int,
    shares: np.ndarray,
    redrawn: tuple[str, ...],
    bands: tuple[str, ...],
    left_out: float,
) -> str:
    what = f"redrawn {', '.join(redrawn)}" if redrawn else "what differs between the functions"
    notes = ["no interval: one member" if members == 1 else f"the interval counts {what}"]
    if members > 1 and redrawn and "resample" not in redrawn:
        notes.append("not counted: the choice of the items")
    if left_out > LEARNT:
        notes.append(f"nothing learnt of items left out (p = {left_out:.2g}): no cell is confident")
    first = int(shares.argmax())
    if len(shares) > 2 and shares[first] > MOST_OF_A_BAND:
        name = bands[first] if bands else first
        notes.append(f"band {name} alone carries {shares[first]:.0%} of the role: does it leak?")
    return "; ".join(notes)


def _seed(seed: Any, method: str) -> int | None:
    if method == "sampled shapley" and seed is None:
        checks.refuse("seed", "a seed for method='sampled shapley'", "None")
    return None if seed is None else checks.seed(seed)


def _baseline(given: Any, cells: tuple[int, ...]) -> np.ndarray | None:
    if isinstance(given, str):
        checks.choice(given, "baseline", ("mean",))
        return None
    values = checks.real_array(given, "baseline")
    if values.shape != cells:
        checks.refuse("baseline", f"'mean' or one value a cell, {cells}", f"shape {values.shape}")
    return values


def _target(of: Any, classes: np.ndarray, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the column asked about and the one it is against (-1: all others), an item each."""
    n, count = logits.shape[1:]
    if of is None and count == 2:
        return np.ones(n, int), np.zeros(n, int)
    if of is None:
        return logits.mean(axis=0).argmax(axis=1), np.full(n, ALL_OTHERS)
    names = checks.labels(np.atleast_1d(of), "of")
    known = [np.flatnonzero(classes.astype(str) == str(name)) for name in names]
    if len(names) > 2 or not all(map(len, known)) or len(set(names.tolist())) < len(names):
        wanted = "a class or two different ones among " + ", ".join(map(str, classes))
        checks.refuse("of", wanted, checks.describe_value(of))
    columns = [int(place[0]) for place in known]
    against = columns[1] if len(columns) == 2 else ALL_OTHERS
    return np.full(n, columns[0]), np.full(n, against)
