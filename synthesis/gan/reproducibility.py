"""GANs trained from scratch again and again: how good each is, and whether its logs say so."""

from typing import TYPE_CHECKING, Any

import numpy as np

from synthesis.evaluation.quality_index import quality
from synthesis.gan.a_priori import INDICES, APriori, a_priori, shares_levels
from synthesis.gan.member import ARCHITECTURE, FEWEST_EPOCHS
from synthesis.gan.sampling import checked_runs, samples_of
from synthesis.gan.scale_curves import ScaleCurves, scale_statistics
from toolbox.core import checks
from toolbox.core.records import nested, record
from toolbox.core.streams import integer
from toolbox.core.units import with_units
from toolbox.multiscale.descriptions import describe
from toolbox.networks.torch_devices import checked_device
from toolbox.retraining.retrain import Runs

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@record
class Reproducibility:
    """R trainings from scratch: a posteriori and a priori indices of each, and their relation.

    Attributes
    ----------
    index : ndarray (R,)
        The a posteriori index of `synthesis.quality`: 1 = as different from the reference as two
        sets of one law, larger is worse; infinite for a training that diverged or whose samples
        are constant.
    p_value : ndarray (R,)
        Of each training, against "its samples and the reference have the same law"; NaN where
        there are no samples.
    spread_ratio : ndarray (R,)
        Variance of a training's samples over that of the reference, 1 = equally diverse.
    median, best, worst : float
        Of the index, over all trainings: one that failed counts as the worst there is.
    spread : float
        Third less first quartile of the index, each the index of one training.
    diverged : ndarray (R,) of bool
    ids : ndarray (R,) of int
        The trainings' numbers.
    a_priori : APriori
        What the logs foretell of the index.
    curves : ScaleCurves
        Statistics against the scale, of the trainings and of the reference.
    note : str
        What the reader must know.
    """

    index: np.ndarray
    p_value: np.ndarray
    spread_ratio: np.ndarray
    median: float
    best: float
    worst: float
    spread: float
    diverged: np.ndarray
    ids: np.ndarray
    a_priori: APriori = nested()
    curves: ScaleCurves = nested()
    note: str

    def plot(self, ax: Any = None) -> "Figure":
        """Return four panels: structure functions, log-cumulants, index by training, relation."""
        from synthesis.gan.panels import four_panels

        return four_panels(self, ax)


def gan_reproducibility(
    runs: Runs,
    reference: Any,
    *,
    seed: int,
    n: int | None = None,
    declared: str = "discriminator_accuracy",
    reference_units: Any = None,
    resamples: int = 999,
    device: str = "auto",
) -> Reproducibility:
    r"""Measure every training of a GAN from scratch, not the best alone; index 1 is best.

    Parameters
    ----------
    runs : Runs
        At least two trainings, from `toolbox.retrain` of a `gan_member`.
    reference : array (m, K, size, size) or (m, size, size)
        Fields of the law trained on, at least two, that none of the trainings has seen.
    seed : int
        Of the samples and of the permutations.
    n : int, optional
        Samples a training, at least 2, and 5 together with the reference; by default as many as
        there are reference fields. What an index is above 1 grows with both, so compare indices
        of equal sizes only.
    declared : str
        The a priori index that is related to the a posteriori one. Choose it before looking:
        ``"generator_loss_final"``, ``"..._median"``, ``"..._slope"``, ``"..._variance"``, the same
        of ``"discriminator_loss"``, ``"discriminator_accuracy"``, ``"gradient_ratio"`` or
        ``"weight_motion"``.
    reference_units : one label a field, optional
        What was drawn independently; every field by default.
    resamples : int
        Number of permutations, of samples and reference, and of trainings.
    device : str
        "auto", "cpu", "cuda:0".

    Returns
    -------
    Reproducibility

    Raises
    ------
    InputError
        Runs of something else, of fewer than two trainings, or all of which diverged; a reference
        of other components or another size.

    Notes
    -----
    A priori indices. Of each loss: the last epoch's, the median over the epochs, and over the last
    quarter of them (at least 3) the slope and the variance about it. Over the same quarter: mean
    accuracy of the discriminator, mean logarithm of gradient ratio and of weight motion.

    Two answers to whether they tell the a posteriori index, over the trainings that did not fail:
    Spearman's correlation of the one index declared in advance, with the interval of Fisher's
    transform, whose variance is :math:`(1 + \rho^2/2) / (R - 3)` (Bonett & Wright, 2000); and

    .. math:: 1 - \sum_r (y_r - \hat y_{-r})^2 \Big/ \sum_r (y_r - \bar y_{-r})^2,

    the skill of a ridge fit of the ranks to those of all indices, fitted without training r, both
    with p-values over permutations of the trainings, with the whole fit repeated in each. The
    correlation of leave-one-out predictions with the truth is not used: without any relation it is
    far below 0. That the index is near the same for all trainings, or that no a priori index tells
    it, is a result too.

    Members of a crossed design share streams and cannot be exchanged: no p-values and no interval.

    References
    ----------
    D. G. Bonett, T. A. Wright, "Sample size requirements for estimating Pearson, Kendall and
    Spearman correlations", Psychometrika 65, 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import gan_member, gan_reproducibility
    >>> from toolbox import retrain
    >>> images = np.random.default_rng(0).standard_normal((24, 32, 32))
    >>> member = gan_member(epochs=3, filters=2, latent=4, batch=4)
    >>> runs = retrain(member, {"fields": images[:12]}, members=2, seed=0)
    >>> report = gan_reproducibility(runs, images[12:], seed=0, resamples=19)
    >>> 1 < report.best <= report.median <= report.worst  # hardly trained
    True
    """
    checked_runs(runs)
    real = _checked_reference(runs, reference)
    seed, resamples = checks.seed(seed), checks.count(resamples, "resamples")
    n = checks.count(len(real) if n is None else n, "n", minimum=max(2, 5 - len(real)))
    declared = checks.choice(declared, "declared", INDICES)
    told = checks.known_units(reference, reference_units)
    units = checks.units(told, "reference_units", length=len(real))
    device = checked_device(device)
    described = describe(real, dim=2)
    own, names = scale_statistics(real)

    found = {"index": np.inf, "p_value": np.nan, "spread_ratio": np.nan}
    rows = [found | {"statistics": np.full(own.shape[1:], np.nan)} for _ in runs.ids]
    for row in np.flatnonzero(~runs.diverged):
        samples = samples_of(runs, row, n=n, seed=seed, device=device)
        if not _varying(samples):
            continue
        made = quality(
            samples,
            described,
            dim=2,
            seed=integer(seed, "gan_reproducibility", int(runs.ids[row])),
            reference_units=units,
            resamples=resamples,
        )
        rows[row] = {name: getattr(made, name) for name in found}
        rows[row]["statistics"] = scale_statistics(samples)[0].mean(axis=0)
    results = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    plan = {"declared": declared, "seed": seed, "resamples": resamples}
    curves = ScaleCurves(
        statistics=results.pop("statistics"),
        model=own.mean(axis=0),
        model_spread=own.std(axis=0, ddof=1),
        statistic_names=names,
    )
    return Reproducibility(
        **results,
        **_summary(results["index"]),
        diverged=runs.diverged,
        ids=runs.ids,
        a_priori=a_priori(runs, results["index"], **plan),
        curves=curves,
        note=with_units(_note(runs, results["index"]), told),
    )


def _checked_reference(runs: Runs, reference: Any) -> np.ndarray:
    """Return the reference fields (m, K, size, size)."""
    if len(runs.ids) < 2:
        checks.refuse("runs", "at least two trainings", len(runs.ids))
    if runs.diverged.all():
        got = f"{len(runs.ids)} of {len(runs.ids)} that diverged"
        checks.refuse("runs", "a training that did not diverge", got)
    if runs.outputs["generator_loss"].shape[1] < FEWEST_EPOCHS:
        checks.refuse("runs", f"trainings of at least {FEWEST_EPOCHS} epochs", "shorter ones")
    plan = dict(zip(ARCHITECTURE, runs.outputs["architecture"][0].tolist(), strict=True))
    real = checks.not_constant(checks.items(reference, "reference", dim=2), "reference")
    shape = (plan["components"], plan["size"], plan["size"])
    if real.shape[1:] != shape or len(real) < 2:
        wanted = f"at least two fields of shape {shape}, as those trained on"
        checks.refuse("reference", wanted, f"{len(real)} of shape {real.shape[1:]}")
    return real


def _varying(samples: np.ndarray) -> bool:
    """Say whether all components of all samples are finite and vary."""
    low, high = samples.min(axis=(2, 3)), samples.max(axis=(2, 3))
    return bool((np.isfinite(samples).all()) and (low < high).all())


def _summary(index: np.ndarray) -> dict[str, float]:
    """Return median, best, worst and spread; no interpolation, as an index may be infinite."""
    ordered = np.sort(index)
    low, high = (
        np.quantile(ordered, 0.25, method="lower"),
        np.quantile(ordered, 0.75, method="higher"),
    )
    middle = ordered[[(len(ordered) - 1) // 2, len(ordered) // 2]].mean()
    spread = high - low if np.isfinite(low) else np.nan
    return {
        "median": float(middle),
        "best": float(ordered[0]),
        "worst": float(ordered[-1]),
        "spread": float(spread),
    }


def _note(runs: Runs, index: np.ndarray) -> str:
    """Say what the reader must know about the figures."""
    failed, total = int((~np.isfinite(index)).sum()), len(index)
    shared = [name for name in ("init", "order") if name not in runs.redrawn]
    unused = "resample" in runs.redrawn and not runs.in_sample.shape[1]
    remarks = {
        f"{failed} of {total} trainings failed: their index is infinite, and the relation between "
        "indices is that of the others": failed,
        f"{' and '.join(shared)} shared by all trainings: the spread says nothing of it": shared,
        "a crossed design, whose trainings share streams: no p-values and no interval of the "
        "relation": shares_levels(runs),
        "the trainings draw no bootstrap, although resample was to be redrawn": unused,
        f"{total - failed} trainings are too few for a p-value below 0.05": total - failed < 5,
        f"{len(runs.quarantined)} trainings have no result": len(runs.quarantined),
    }
    return "; ".join(text for text, applies in remarks.items() if applies)
