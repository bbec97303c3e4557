"""What an AUC of few cases is worth, and how labels of pure noise are found by a leak.

Left, the interval of an AUC of .85 over subjects against the number of acidotic ones among 552.
Middle, labels that are independent of everything: the same random forest, cases copied before the
folds are dealt or within the training side alone. Right, simulated births, whose best possible AUC
is known. With `--records FOLDER` the births are the user's own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit
from scipy.stats import norm
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from tqdm import tqdm

import confidence
from paper_figures.applications.births import births, told_by_others
from paper_figures.runner.drawing import noted_figure
from toolbox.retraining.streams import generator, integer

QUICK = {
    "mode": "quick",
    "worlds": 400,
    "draws": 2,
    "births": 2,
    "subjects": 552,
    "minutes": 90,
    "members": 20,
    "records": "",
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "worlds": 1000, "draws": 20, "births": 20, "members": 50},
    "tiny": QUICK
    | {"mode": "tiny", "worlds": 40, "draws": 1, "births": 1, "subjects": 130, "minutes": 10}
    | {"members": 2},
}
CASES = (10, 20, 44, 100, 200)
TRUTH, OF = 0.85, 552
NOISE = 20  # columns of noise
LITERATURE = {"DeepCTG 1.0": 0.74, "pre-trained, 2026": 0.83}  # AUC on CTU-UHB
TONES = {"leak": "#c8323c", "ours": "#0b4f8a", "soft": "#9db4c8"}


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return intervals by the number of cases, AUCs on noise, and AUCs of births."""
    bar = tqdm(total=len(CASES) + settings["draws"] + 1, desc="fetal evaluation", disable=None)
    found: dict[str, list] = {"intervals": [], "noise": [], "told": []}
    for cases in CASES:
        found["intervals"].append(step(f"cases{cases}", intervals, cases, settings)["intervals"])
        bar.update()
    for d in range(settings["draws"]):
        found["noise"].append(step(f"noise{d}", noise, d, settings)["aucs"])
        bar.update()
    for d in range(1 if settings["records"] else settings["births"]):
        found["told"].append(step(f"births{d}", told, d, settings)["told"])
    bar.close()
    source = "records" if settings["records"] else "simulated"
    results = {"mode": settings["mode"], "source": source, "subjects": settings["subjects"]}
    return results | {name: np.array(values) for name, values in found.items()}


def intervals(cases: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the AUC and its interval (worlds, 3) of normal scores of a known AUC."""
    shift, ill = np.sqrt(2) * norm.ppf(TRUTH), np.arange(OF) < cases
    rows = []
    for world in range(settings["worlds"]):
        rng = generator(settings["seed"], "evaluation", cases, world)
        p = expit(rng.standard_normal(OF) + shift * ill)
        votes = np.stack([1 - p, p], axis=1)
        scored = confidence.subject_scores(votes, ill.astype(int), resamples=99, seed=world)
        rows.append([scored.auc, *scored.auc_interval])
    return {"intervals": np.array(rows)}


def noise(d: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the AUC on noise with cases copied before the folds are dealt, and within them."""
    rng = generator(settings["seed"], "noise", d)
    x, y = rng.standard_normal((OF, NOISE)), (np.arange(OF) < 44).astype(int)
    copies = np.r_[np.arange(OF), rng.choice(np.flatnonzero(y), OF - 2 * y.sum())]
    leak = forest(x[copies], y[copies], d, copies_within=False)
    return {"aucs": np.array([leak, forest(x, y, d, copies_within=True)])}


def forest(x: np.ndarray, y: np.ndarray, seed: int, *, copies_within: bool) -> float:
    """Return the AUC of a random forest in five folds."""
    scores = np.empty(len(y))
    rng = generator(seed, "copies")
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(x, y):
        if copies_within:
            cases, others = train[y[train] == 1], train[y[train] == 0]
            train = np.r_[train, rng.choice(cases, len(others) - len(cases))]
        model = RandomForestClassifier(50, random_state=seed).fit(x[train], y[train])
        scores[test] = model.predict_proba(x[test])[:, 1]
    return float(roc_auc_score(y, scores))


def told(d: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return AUC, interval over subjects, that of the severity (NaN where not known), cases."""
    seed = integer(settings["seed"], "births", d)
    of = births(settings, seed)
    _, scored = told_by_others(of, settings["members"], seed)
    best = roc_auc_score(of["y"], of["severity"]) if "severity" in of else np.nan
    row = [scored.auc, *scored.auc_interval, best, scored.outcome.sum()]
    return {"told": np.array(row, dtype=float)}


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return coverage and width by the number of cases, and the AUCs."""
    low, high = results["intervals"][..., 1], results["intervals"][..., 2]
    inside = (low <= TRUTH) & (high >= TRUTH)
    leak, ours = results["noise"].mean(axis=0)
    share = results["told"][:, 0] / results["told"][:, 3]
    return {
        "source": str(results["source"]),
        "coverage": inside.mean(axis=1).tolist(),
        "low": low.mean(axis=1).tolist(),
        "high": high.mean(axis=1).tolist(),
        "leak": float(leak),
        "ours": float(ours),
        "auc": results["told"][:, 0].tolist(),
        "interval": results["told"][:, 1:3].tolist(),
        "cases": results["told"][:, 4].tolist(),
        "of_best": float(share.mean()),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    of_44 = found["coverage"][CASES.index(44)]
    made = {
        "the interval over subjects holds the truth in 95 % +- 3 of worlds of 44 cases": bool(
            abs(of_44 - 0.95) <= 0.03
        ),
        "copies before the folds find labels of noise (AUC of at least .9)": found["leak"] >= 0.9,
        "copies within the training side do not (.5 +- .05)": abs(found["ours"] - 0.5) <= 0.05,
    }
    if found["source"] == "simulated":
        name = "simulated births are told with at least .95 of the best possible AUC"
        made[name] = found["of_best"] >= 0.95
    return made


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    k = CASES.index(44)
    width = found["high"][k] - found["low"][k]
    births_told = (
        f"births are told with {found['of_best']:.3f} of the best possible AUC"
        if found["source"] == "simulated"
        else f"your births are told with an AUC of {found['auc'][0]:.2f}"
    )
    return (
        f"With 44 cases an AUC of .85 is known to {width:.2f}; labels of pure noise reach "
        f"{found['leak']:.2f} where cases are copied before\nthe folds are dealt, "
        f"{found['ours']:.2f} where within them; {births_told}"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'cases':>6}{'coverage':>10}{'interval':>16}"]
    for cases, share, low, high in zip(
        CASES, found["coverage"], found["low"], found["high"], strict=True
    ):
        lines.append(f"{cases:6}{share:10.3f}{low:9.3f} {high:.3f}")
    return "\n".join([*lines, "", verdict(found)])


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure."""
    found = numbers(results)
    about = f"{len(results['noise'])} draws of noise; {results['source']} births"
    figure = noted_figure((12, 4.4), verdict(found), f"mode: {results['mode']}; {about}", room=0.04)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.3, 0.8, 1])
    by_cases(left, found)
    on_noise(middle, results["noise"])
    of_births(right, found, results["told"])
    for axes in (left, middle, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def by_cases(axes: Axes, found: dict[str, Any]) -> None:
    """Show the mean interval against the number of cases."""
    axes.fill_between(CASES, found["low"], found["high"], color=TONES["soft"], alpha=0.6, lw=0)
    axes.plot(CASES, [TRUTH] * len(CASES), color=TONES["ours"], lw=1.5)
    for name, auc in LITERATURE.items():
        axes.axhline(auc, color="0.4", lw=0.8, ls=":")
        axes.text(CASES[-1], auc + 0.004, f"{name}: {auc:g}", ha="right", fontsize=8, color="0.35")
    axes.set_xscale("log")
    axes.set_xticks(CASES, [str(n) for n in CASES])
    axes.minorticks_off()
    axes.set(xlabel="acidotic subjects among 552", ylabel="AUC", ylim=(0.6, 1))
    axes.set_title("a   what an AUC of few cases is worth", loc="left", fontsize=10)


def on_noise(axes: Axes, aucs: np.ndarray) -> None:
    """Show the AUCs on labels of noise, a dot a draw."""
    names = ("copied before\nthe folds", "copied within\nthe training side")
    for place, (column, tone) in enumerate(zip(aucs.T, ("leak", "ours"), strict=True)):
        axes.bar(place, column.mean(), color=TONES[tone], alpha=0.35, width=0.6)
        axes.plot(np.full(len(column), place), column, "o", ms=5, color=TONES[tone])
    axes.axhline(0.5, color="black", lw=0.8, ls=":")
    axes.set_xticks([0, 1], names, fontsize=9)
    axes.set(ylim=(0.3, 1.02), ylabel="AUC")
    axes.set_title("b   labels of pure noise", loc="left", fontsize=10)


def of_births(axes: Axes, found: dict[str, Any], rows: np.ndarray) -> None:
    """Show the AUC of births with its interval over subjects, and the best possible one."""
    for place, (auc, low, high, best, _) in enumerate(rows):
        axes.plot([place, place], [low, high], color=TONES["ours"], lw=2, alpha=0.6)
        axes.plot(place, auc, "o", color=TONES["ours"], ms=5, label="told" if place == 0 else None)
        label = "best possible" if place == 0 and not np.isnan(best) else None
        axes.plot(place, best, "_", color="black", ms=14, mew=1.5, label=label)
    axes.axhline(0.5, color="black", lw=0.8, ls=":")
    axes.set(xticks=[], xlabel=f"{found['source']} births", ylim=(0.45, 1), ylabel="AUC")
    axes.set_xlim(-0.7, max(1, len(rows)) - 0.3)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    axes.set_title("c   births, on subjects held out", loc="left", fontsize=10)
