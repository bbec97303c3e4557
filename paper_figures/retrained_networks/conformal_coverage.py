"""Realised coverage of conformal sets for small calibration sets: ours, and two peers' ranks.

The scores are uniform, so that a threshold is its own coverage: the law of the coverage is exact.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import beta, kstest

from confidence import conformal
from paper_figures.runner.drawing import noted_figure
from toolbox.retraining.streams import generator

QUICK = {"mode": "quick", "sizes": [9, 19, 49, 99], "alpha": "0.1", "draws": 4000, "seed": 0}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "draws": 40000},
    "tiny": QUICK | {"mode": "tiny", "draws": 200},
}
LOOKS = {
    "ours": ("ours, rank ⌈(n + 1)(1 − α)⌉", "#08519c"),
    "higher": ("MAPIE's: upper quantile at (n + 1)(1 − α) / n", "#d94801"),
    "linear": ("TorchUncertainty's: linear quantile at 1 − α", "#238b45"),
}
LINE = np.arange(9, 121)  # sizes of the last panel, where the mean coverage is computed exactly
STRICT = 1e-3  # p-value below which the simulated law is not the Beta law
DOTS = {
    "ours": {"marker": "o", "ms": 3.5, "ls": ""},
    "higher": {"marker": "o", "ms": 7, "ls": "", "mfc": "none"},
    "linear": {"marker": "s", "ms": 3, "ls": ""},
}
ERRORS = 3.5  # Monte Carlo errors that the mean of a simulation may be off


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the coverage that each threshold realises in every draw; each n is one step."""
    results: dict[str, Any] = {name: settings[name] for name in ("mode", "alpha")}
    results["sizes"] = np.array(settings["sizes"])
    for n in settings["sizes"]:
        got = step(f"n{n}", coverages, n, settings)
        results |= {f"{n}/{name}": got[name] for name in LOOKS}
    return results


def coverages(n: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Draw n uniform scores many times; return each rule's threshold, which is its coverage."""
    scores = generator(settings["seed"], "scores", n).random((settings["draws"], n))
    level = 1 - float(settings["alpha"])
    labels = np.zeros(n, dtype=int)
    ours = [
        conformal(np.stack([1 - s, s], axis=1), labels, alpha=settings["alpha"]).threshold[0]
        for s in scores
    ]
    return {
        "ours": np.array(ours),
        "higher": np.quantile(scores, (n + 1) * level / n, axis=1, method="higher"),
        "linear": np.quantile(scores, level, axis=1),
    }


# ---------------------------------------------------------------------------------- the numbers


def exact_means(n: int, alpha: Fraction) -> dict[str, float]:
    """Return the mean coverage of each rule: the k-th of n uniform numbers is k/(n + 1) on average.

    Where it is between two of them, so is its mean; above the last there is no threshold.
    """
    k = -((n + 1) * (alpha - 1) // 1)
    at = (n + 1) * (1 - alpha) / n * (n - 1)  # place of the upper quantile, counted from 0
    return {
        "ours": float(Fraction(k, n + 1)),
        "higher": float((-(-at // 1) + 1) / (n + 1)),
        "linear": float(((n - 1) * (1 - alpha) + 1) / (n + 1)),
    }


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return each rule's mean coverage with its Monte Carlo error, and the exact one."""
    alpha = Fraction(str(results["alpha"]))
    found: dict[str, Any] = {"alpha": str(results["alpha"]), "sizes": {}}
    for n in map(int, results["sizes"]):
        exact = exact_means(n, alpha)
        k = round(exact["ours"] * (n + 1))
        law = beta(k, n + 1 - k)
        rules = {}
        for name in LOOKS:
            values = results[f"{n}/{name}"]
            rules[name] = {
                "mean": float(values.mean()),
                "monte_carlo_error": float(values.std(ddof=1) / np.sqrt(len(values))),
                "exact_mean": exact[name],
                "error": exact[name] - float(1 - alpha),
                "draws_below_the_level": float((values < float(1 - alpha)).mean()),
            }
        interval = [float(q) for q in law.ppf([0.025, 0.975])]
        p_value = float(kstest(results[f"{n}/ours"], law.cdf).pvalue)
        found["sizes"][str(n)] = {"rank": k, "rules": rules, "p_value": p_value, "law": interval}
    return found


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    level = 1 - float(found["alpha"])
    every = list(found["sizes"].values())
    line = {n: exact_means(int(n), Fraction(found["alpha"])) for n in LINE}

    def off(name: str) -> list[float]:
        return [abs(entry["rules"][name]["error"]) for entry in every]

    def agrees(rule: dict[str, float]) -> bool:
        return abs(rule["mean"] - rule["exact_mean"]) <= ERRORS * rule["monte_carlo_error"]

    return {
        "the simulated means are the exact ones, within Monte Carlo error": all(
            agrees(rule) for entry in every for rule in entry["rules"].values()
        ),
        "our realised coverage follows the Beta law": all(e["p_value"] > STRICT for e in every),
        "our mean coverage is never below the level": all(
            e["rules"]["ours"]["exact_mean"] >= level - 1e-12 for e in every
        ),
        "no peer's mean coverage is nearer to the level at these n": all(
            mine <= other + 1e-12
            for name in ("higher", "linear")
            for mine, other in zip(off("ours"), off(name), strict=True)
        ),
        f"ours is the least that keeps the level at every n from {LINE[0]} to {LINE[-1]}": all(
            level - 1e-12 <= means["ours"] < level + 1 / (n + 1) for n, means in line.items()
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what each rule's mean coverage is."""
    every = found["sizes"]
    held = "is held" if all(claims(found).values()) else "IS NOT HELD as claimed"

    def errors(name: str) -> str:
        shown = [f"{e['rules'][name]['error']:+.3f}".replace("-", "−") for e in every.values()]
        return ", ".join(shown)

    return (
        f"By the exact rank the level of {1 - float(found['alpha']):g} {held} on average, however "
        f"few the calibration items. Mean coverage off the level at n = {', '.join(every)}:\n"
        f"ours {errors('ours')}; by MAPIE's rank {errors('higher')} (one rank too high where "
        f"n > 1/α and (n + 1)(1 − α) is whole);\nby TorchUncertainty's quantile {errors('linear')}"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'n':>4}{'rule':>10}{'mean':>9}{'± MC':>9}{'exact':>9}{'error':>9}"]
    for n, entry in found["sizes"].items():
        for name, rule in entry["rules"].items():
            cells = (rule[key] for key in ("mean", "monte_carlo_error", "exact_mean", "error"))
            lines.append(f"{n:>4}{name:>10}" + "".join(f"{cell:9.4f}" for cell in cells))
        lines.append(f"{'':>4}Beta law of ours: p = {entry['p_value']:.2g}")
    return "\n".join([*lines, "", verdict(found)])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: the law of the coverage for each n, and the means along n."""
    found = numbers(results)
    sizes = list(found["sizes"])
    figure = noted_figure(
        (14, 6.6), verdict(found), f"mode: {results['mode']}", title_size=11.5, low=0.002
    )
    grid = figure.add_gridspec(2, len(sizes), height_ratios=[1, 1.05])
    for i, n in enumerate(sizes):
        axes = figure.add_subplot(grid[0, i])
        law(axes, results, found, n)
        axes.set_title(f"{'abcdefgh'[i]}   n = {n}", loc="left", fontsize=10)
    means(figure.add_subplot(grid[1, :]), found, "abcdefgh"[len(sizes)])
    return figure


def law(axes: Axes, results: dict[str, Any], found: dict[str, Any], n: str) -> None:
    """Show the realised coverages of each rule, and the Beta law of ours."""
    entry = found["sizes"][n]
    level = 1 - float(found["alpha"])
    low = min(np.quantile(results[f"{n}/{name}"], 0.01) for name in LOOKS)
    bins = np.linspace(low, 1, 36)
    for name, (_, colour) in LOOKS.items():
        filled = {"histtype": "stepfilled", "alpha": 0.3} if name == "ours" else {}
        options = {"histtype": "step", "lw": 1.2, "color": colour} | filled
        axes.hist(results[f"{n}/{name}"], bins, density=True, **options)
        mean = entry["rules"][name]["mean"]
        top = {"ours": 1.02, "higher": 1.07, "linear": 1.12}[name]
        axes.plot(
            mean, top, "v", color=colour, ms=6, transform=axes.get_xaxis_transform(), clip_on=False
        )
    x = np.linspace(low, 1, 400)
    axes.plot(x, beta(entry["rank"], int(n) + 1 - entry["rank"]).pdf(x), color="black", lw=1.3)
    axes.axvline(level, color="black", lw=0.8, ls=":")
    axes.set_xlim(low, 1.004)
    axes.set_yticks([])
    axes.set_xlabel("realised coverage")
    axes.spines[["top", "right", "left"]].set_visible(False)


def means(axes: Axes, found: dict[str, Any], letter: str) -> None:
    """Show the exact mean coverage of each rule along n, and the simulated ones."""
    alpha = Fraction(found["alpha"])
    exact = [exact_means(int(n), alpha) for n in LINE]
    for name, (label, colour) in LOOKS.items():
        axes.plot(LINE, [e[name] for e in exact], color=colour, label=label, **DOTS[name])
        for n, entry in found["sizes"].items():
            rule = entry["rules"][name]
            bar = ERRORS * rule["monte_carlo_error"]
            axes.errorbar(int(n), rule["mean"], bar, color=colour, lw=1.5, capsize=4)
    axes.axhline(float(1 - alpha), color="black", lw=0.8, ls=":")
    axes.set_xlim(LINE[0] - 1, LINE[-1])
    axes.set_xlabel("calibration items n")
    axes.set_ylabel("mean coverage")
    axes.legend(fontsize=9, frameon=False, loc="lower right")
    axes.set_title(
        f"{letter}   mean coverage, exact for every n; bars: simulated. Above, triangles: means; "
        "black curve: the Beta law; dotted: the level asked for",
        loc="left",
        fontsize=10,
    )
    axes.spines[["top", "right"]].set_visible(False)
