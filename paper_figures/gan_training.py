"""How well GANs learn multifractal textures, how reproducibly, and whether their losses say so.

The questions are those of "Multivariate multifractal texture DCGAN synthesis: How well does it
work? How does one know?" (Journal of Signal Processing Systems, 2022); every parameter is ours.
DCGANs are trained from scratch again and again on fields of two components with known cross-
statistics; all of them are reported, not the best.
"""

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

import synthesis
import toolbox
from paper_figures.runner import ROOT
from synthesis.index_relations import leave_one_out_skill, rank_correlation
from synthesis.reproducibility_panels import curves
from synthesis.training_indices import INDICES
from toolbox.retraining.streams import generator, integer

QUICK = {
    "mode": "quick",
    "size": 32,
    "fields": 1024,  # trained on
    "reference": 64,  # held out, and samples drawn from each training
    "architectures": [[4, 1], [8, 1], [4, 2], [8, 2]],  # filters of the finest layer, depth
    "trainings": 6,  # of each
    "epochs": 12,
    "batch": 16,
    "latent": 32,
    "learning_rate": 2e-3,
    "controls": 20,  # pairs of sets of the model itself
    "resamples": 99,
    "store": "paper_figures/cache/gan_training/trainings",
    "seed": 0,
}
FULL = {
    "mode": "full",
    "size": 64,
    "fields": 8192,
    "reference": 256,
    "architectures": [[8, 1], [16, 1], [32, 1], [64, 1], [16, 2], [32, 2]],
    "trainings": 20,
    "epochs": 60,
    "batch": 64,
    "latent": 100,
    "learning_rate": 2e-4,
    "controls": 100,
    "resamples": 999,
}
TINY = {
    "mode": "tiny",
    "fields": 48,
    "reference": 12,
    "architectures": [[2, 1], [3, 1]],
    "trainings": 4,
    "epochs": 4,
    "controls": 20,
    "resamples": 39,
    "store": "",
}
SETTINGS = {"quick": QUICK, "full": QUICK | FULL, "tiny": QUICK | TINY}
LAW = {
    "hurst": [0.5, 0.7],
    "intermittency": [0.04, 0.02],
    "noise_correlation": 0.4,
    "multifractal_correlation": 0.6,
}
DECLARED = "discriminator_accuracy"  # before any training was looked at
LEVEL = 0.05
FLATTERS = 1.2  # the claim: worst over best index of an architecture, at least
COLOURS = ("#08519c", "#d94801", "#238b45", "#6a51a3", "#a50f15", "#525252")


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the indices of every training, an architecture one step, and those of the model."""
    kept: dict[str, list] = {}
    for filters, depth in tqdm(settings["architectures"], desc="GANs", disable=None):
        got = step(f"filters{filters}-depth{depth}", architecture, filters, depth, settings)
        for name, value in got.items():
            kept.setdefault(name, []).append(value)
    stacked = {name: np.stack(values) for name, values in kept.items() if name != "seconds"}
    stacked |= {name: stacked[name][0] for name in ("model", "model_spread", "statistic_names")}
    control = step("control", controls, settings)["index"]
    about = {name: settings[name] for name in ("mode", "size", "fields", "reference", "epochs")}
    about |= {name: settings[name] for name in ("batch", "latent", "learning_rate")}
    return (
        stacked
        | about
        | {
            "architectures": np.array(settings["architectures"]),
            "control": control,
        }
    )


def drawn(n: int, settings: dict[str, Any], *name: str | int) -> np.ndarray:
    """Return n fields of the model, from a stream of their own."""
    seed = integer(settings["seed"], "gan_training", *name)
    shape = (settings["size"],) * 2
    return toolbox.multivariate_field(shape, n=n, seed=seed, **LAW).values.astype(np.float32)


def architecture(filters: int, depth: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train one architecture from scratch again and again, and measure every training."""
    own = {name: settings[name] for name in ("epochs", "batch", "latent", "learning_rate")}
    options: dict[str, Any] = {"progress": False}
    if settings["store"]:  # what a killed run goes on from
        store = ROOT / settings["store"]
        store.parent.mkdir(parents=True, exist_ok=True)
        options |= {"store": store, "engine": "processes", "workers": min(4, os.cpu_count())}
    runs = toolbox.retrain(
        synthesis.gan_member(filters=filters, depth=depth, **own),
        {"fields": drawn(settings["fields"], settings, "fields")},
        members=settings["trainings"],
        seed=integer(settings["seed"], "gan_training", filters, depth),
        **options,
    )
    report = synthesis.gan_reproducibility(
        runs,
        drawn(settings["reference"], settings, "reference"),
        seed=settings["seed"],
        declared=DECLARED,
        resamples=settings["resamples"],
    )
    names = ("index", "p_value", "spread_ratio", "diverged", "training_indices")
    found = {name: getattr(report, name) for name in names}
    found |= {name: getattr(report, name) for name in ("statistics", "model", "model_spread")}
    return found | {"statistic_names": np.array(report.statistic_names)}


def controls(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the index of sets of the model against other sets of the model."""
    n, found = settings["reference"], []
    for k in range(settings["controls"]):
        both = drawn(2 * n, settings, "control", k)
        made = synthesis.quality(both[:n], both[n:], dim=2, seed=k, resamples=1)
        found.append(made.index)
    return {"index": np.array(found)}


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the indices by architecture, and how a priori ones are related to them."""
    return {
        "law": LAW,
        "about": {name: results[name] for name in ABOUT},
        "architectures": {
            f"{filters} x {depth}": of_architecture(results, row)
            for row, (filters, depth) in enumerate(results["architectures"].tolist())
        },
        "model_against_model": mean_and_error(results["control"]),
        "differ_by_architecture_p": between_architectures(results),
        **relations(results),
    }


ABOUT = ("mode", "size", "fields", "reference", "epochs", "batch", "latent", "learning_rate")


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
    rng = generator(0, "gan_training", "skill")
    return {
        "declared": {"name": DECLARED} | found.pop(DECLARED),
        "not_declared": {name: value["value"] for name, value in found.items()},
        "skill": leave_one_out_skill(before, index, rng=rng, **plan)._asdict(),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    control, every = found["model_against_model"], found["architectures"].values()
    declared, skill = found["declared"], found["skill"]
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
        "what the losses say has a p-value, whatever it is": bool(
            0 < declared["p_value"] <= 1 and 0 < skill["p_value"] <= 1
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


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: statistics, index by training, by complexity, a priori against it."""
    found = numbers(results)
    figure = Figure(figsize=(14, 9), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.03, 1, 0.97), hspace=0.06)
    above, below = figure.subfigures(2, 1)
    statistics(above.subplots(1, 3), results)
    panels = below.subplots(1, 3)
    by_training(panels[0], results)
    by_complexity(panels[1], results)
    a_priori(panels[2], results, found)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(verdict(found), fontsize=11)
    law = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in LAW.items())
    about = found["about"]
    text = (
        f"mode: {about['mode']}; fields {about['size']} x {about['size']}, {law}; trained on "
        f"{about['fields']} fields, {about['epochs']} epochs, batch {about['batch']}, latent "
        f"{about['latent']}, learning rate {about['learning_rate']:g}; index of "
        f"{about['reference']} samples against {about['reference']} held-out fields"
    )
    figure.text(0.004, 0.004, text, fontsize=7, color="gray")
    return figure


def statistics(panels: np.ndarray, results: dict[str, Any]) -> None:
    """Show structure functions and log-cumulants of the model and of one architecture."""
    filters, depth = results["architectures"][-1]
    report = SimpleNamespace(
        statistics=results["statistics"][-1],
        model=results["model"],
        model_spread=results["model_spread"],
        statistic_names=[str(name) for name in results["statistic_names"]],
    )
    looks = (
        ("log2_S2", "log₂ S(j, 2)", f"a   structure functions, trainings of {filters} x {depth}"),
        ("C1[", "C₁(j)", "     log-cumulants of the leaders"),
        (("C2", "C11"), "C₂(j), C₁₁(j)", "     and across the components"),
    )
    for axes, (start, label, title) in zip(panels, looks, strict=True):
        curves(axes, report, start)
        axes.set(xlabel="scale j", ylabel=label)
        axes.set_title(title, loc="left", fontsize=10)


def named(results: dict[str, Any]) -> list[tuple[str, str, np.ndarray]]:
    """Return name, colour and indices of every architecture."""
    rows = zip(results["architectures"].tolist(), results["index"], strict=True)
    return [(f"{f} x {d}", COLOURS[i % len(COLOURS)], v) for i, ((f, d), v) in enumerate(rows)]


def by_training(axes: Axes, results: dict[str, Any]) -> None:
    """Show the index of all trainings in order, those of the model beside them."""
    control = np.sort(results["control"])
    axes.plot(np.linspace(0, 1, len(control)), control, ".", color="gray", label="the model itself")
    for name, colour, index in named(results):
        place = np.linspace(0, 1, len(index))
        axes.plot(place, np.sort(index), "o-", ms=4, lw=0.8, color=colour, label=name)
    axes.axhline(1, color="black", lw=0.9)
    axes.set(yscale="log", ylabel="index (1 = the model)", xlabel="share of the trainings")
    axes.legend(fontsize=8, frameon=False, title="filters x depth", title_fontsize=8)
    axes.set_title("b   index of each training, best first", loc="left", fontsize=10)


def by_complexity(axes: Axes, results: dict[str, Any]) -> None:
    """Show the index of every training and the median, by architecture."""
    names = []
    for place, (name, colour, index) in enumerate(named(results)):
        spread = place + np.linspace(-0.15, 0.15, len(index))
        axes.plot(spread, np.sort(index), "o", ms=4, color=colour, alpha=0.7)
        there = index[np.isfinite(index)]
        middle = np.median(there) if len(there) else np.nan
        axes.plot([place - 0.3, place + 0.3], [middle] * 2, color=colour, lw=2.5)
        failed = len(index) - len(there)
        names.append(name + (f"\n{failed} failed" if failed else ""))
    axes.set_xticks(range(len(names)), names)
    axes.set(yscale="log", xlabel="filters x depth", ylabel="index")
    axes.set_title("c   index by complexity (bars: medians)", loc="left", fontsize=10)


def a_priori(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Show the declared a priori index against the a posteriori one."""
    column = results["training_indices"][..., INDICES.index(DECLARED)]
    for before, (name, colour, index) in zip(column, named(results), strict=True):
        axes.plot(before, index, "o", ms=5, color=colour, alpha=0.8, label=name)
    axes.set(yscale="log", xlabel=DECLARED.replace("_", " ") + ", last epochs", ylabel="index")
    value = found["declared"]
    text = f"d   a priori against a posteriori: Spearman {value['value']:.2f} within architectures"
    axes.set_title(text, loc="left", fontsize=10)
