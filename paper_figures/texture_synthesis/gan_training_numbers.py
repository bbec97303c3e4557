"""What the study of GANs says: indices by architecture, what foretells them, claims and words."""

from typing import Any

import numpy as np

from synthesis.gan.index_relations import leave_one_out_skill, rank_correlation
from toolbox.retraining.streams import generator

LEVEL = 0.05
FLATTERS = 1.2  # the claim: worst over best index of an architecture, at least
LOSSES = ("generator_loss", "discriminator_loss")
INDICES = (  # a priori, as `synthesis.gan_reproducibility` orders them
    *(f"{loss}_{what}" for loss in LOSSES for what in ("final", "median", "slope", "variance")),
    *("discriminator_accuracy", "gradient_ratio", "weight_motion"),
)
ABOUT = ("mode", "size", "fields", "reference", "epochs", "batch", "latent", "learning_rate", "law")


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the indices by architecture, and how a priori ones are related to them."""
    return {
        "about": {name: results[name] for name in ABOUT},
        "architectures": {
            f"{filters} x {depth}": of_architecture(results, row)
            for row, (filters, depth) in enumerate(results["architectures"].tolist())
        },
        "model_against_model": mean_and_error(results["control"]),
        "differ_by_architecture_p": between_architectures(results),
        **relations(results),
    }


def of_architecture(results: dict[str, Any], row: int) -> dict[str, Any]:
    """Return the index of each training of one architecture, and the summary of all."""
    index = np.sort(results["index"][row])
    middle = (len(index) - 1) // 2, len(index) // 2
    return {
        "index": index.tolist(),
        "median": float(index[list(middle)].mean()),
        "best": float(index[0]),
        "worst": float(index[-1]),
        "failed": int((~np.isfinite(index)).sum()),
        "largest_p_value": float(np.nanmax(results["p_value"][row], initial=0)),
        "median_spread_ratio": float(np.nanmedian(results["spread_ratio"][row])),
    }


def mean_and_error(values: np.ndarray) -> dict[str, float]:
    """Return the mean with its standard error."""
    error = values.std(ddof=1) / np.sqrt(len(values))
    return {"mean": float(values.mean()), "standard_error": float(error), "sets": len(values)}


def between_architectures(results: dict[str, Any]) -> float:
    """Return the p-value against "the index does not depend on the architecture"."""
    from scipy.stats import kruskal

    return float(kruskal(*results["index"]).pvalue)


def relations(results: dict[str, Any]) -> dict[str, Any]:
    """Return the declared index's rank correlation and the skill of all, within architectures."""
    index, before = results["index"].ravel(), results["training_indices"]
    groups = np.repeat(np.arange(len(results["index"])), results["index"].shape[1])
    before = before.reshape(len(index), -1)
    there = np.isfinite(index) & np.isfinite(before).all(axis=1)
    index, before, groups = index[there], before[there], groups[there]
    plan = {"resamples": 9999, "groups": groups}
    found = {}
    for name, column in zip(INDICES, before.T, strict=True):
        rng = generator(0, "gan_training", name)
        found[name] = rank_correlation(column, index, rng=rng, **plan)._asdict()
    rng, name = generator(0, "gan_training", "skill"), results["declared"]
    return {
        "declared": {"name": name} | found.pop(name),
        "not_declared": {name: value["value"] for name, value in found.items()},
        "skill": leave_one_out_skill(before, index, rng=rng, **plan)._asdict(),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    control, every = found["model_against_model"], found["architectures"].values()
    return {
        "sets of the model itself have a mean index of 1, within 4 standard errors": bool(
            abs(control["mean"] - 1) < 4 * control["standard_error"]
        ),
        "no training is taken for the model: every p-value is below .05": bool(
            max(one["largest_p_value"] for one in every) <= LEVEL
        ),
        f"the best flatters: in every architecture the worst is {FLATTERS:g} times as far": bool(
            min((one["worst"] - 1) / (one["best"] - 1) for one in every) >= FLATTERS
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words how well it works, how reproducibly, and whether the losses say so."""
    every, declared, skill = found["architectures"], found["declared"], found["skill"]
    medians = {name: one["median"] for name, one in every.items()}
    best, worst = min(medians, key=medians.get), max(medians, key=medians.get)
    p = found["differ_by_architecture_p"]
    known = "depends" if p <= LEVEL else "is not shown to depend"
    told = "tells" if declared["p_value"] <= LEVEL else "is not shown to tell"
    together = "predict" if skill["p_value"] <= LEVEL else "are not shown to predict"
    ratio = [one["worst"] / one["best"] for one in every.values()]
    return (
        f"Median index from {medians[best]:.0f} ({best}) to {medians[worst]:.0f} ({worst}), where "
        f"the model itself has {found['model_against_model']['mean']:.2f}; it {known} on the "
        f"architecture (p = {p:.2g}); worst over best training {min(ratio):.1f} to "
        f"{max(ratio):.1f}.\nA priori, the {declared['name'].replace('_', ' ')} {told} it "
        f"(Spearman {declared['value']:.2f} [{declared['low']:.2f}, {declared['high']:.2f}], "
        f"p = {declared['p_value']:.2g}); all logs together {together} it (skill "
        f"{skill['value']:.2f}, by chance {skill['by_chance']:.2f}, p = {skill['p_value']:.2g})"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'filters x depth':18}{'best':>9}{'median':>9}{'worst':>9}{'failed':>8}{'p <=':>8}"]
    for name, one in found["architectures"].items():
        figures = "".join(f"{one[what]:9.1f}" for what in ("best", "median", "worst"))
        lines.append(f"{name:18}{figures}{one['failed']:8d}{one['largest_p_value']:8.3f}")
    control = found["model_against_model"]
    lines.append(
        f"{'the model itself':18}{control['mean']:9.3f} +- {control['standard_error']:.3f}"
    )
    lines += ["", "rank correlation with the index, within architectures"]
    declared = found["declared"]
    interval = f"[{declared['low']:.2f}, {declared['high']:.2f}], p = {declared['p_value']:.2g}"
    lines.append(f"{declared['name'] + ' (declared)':42}{declared['value']:6.2f} {interval}")
    lines += [f"{name:42}{value:6.2f}" for name, value in found["not_declared"].items()]
    return "\n".join([*lines, "", verdict(found)])
