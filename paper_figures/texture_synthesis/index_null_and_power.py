"""The quality index under the null, and its power against other set distances.

Left: p-values of sets of one law. Right: sets of multifractal fields whose intermittency lambda^2
or roughness H departs from the reference's, tested by `synthesis.quality` and by three common set
distances that are calibrated by permutations too.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import binom

from paper_figures.runner.drawing import noted_figure
from paper_figures.texture_synthesis.image_features import DISTANCES, features, p_value
from synthesis import quality
from toolbox import Description, describe, multifractal_field
from toolbox.retraining.streams import integer

QUICK = {
    "mode": "quick",
    "sizes": [5, 10, 30],  # of both sets, under the null
    "nulls": 200,
    "null_side": 40,
    "items": 30,
    "side": 64,
    "repetitions": 12,
    "resamples": 199,
    "intermittencies": [0.0, 0.01, 0.02, 0.03, 0.05, 0.06, 0.07],
    "roughnesses": [0.5, 0.55, 0.58, 0.62, 0.65, 0.7],
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "nulls": 1000, "side": 128, "repetitions": 60},
    "tiny": QUICK
    | {"mode": "tiny", "nulls": 10, "sizes": [5], "side": 40, "repetitions": 2, "resamples": 39}
    | {"items": 8, "intermittencies": [0.0], "roughnesses": [0.9]},
}
HURST, INTERMITTENCY = 0.6, 0.04  # of the reference
LEVEL = 0.05
NAMES = {"index": "quality index", **DISTANCES}
COLOURS = {"index": "#08519c", "frechet": "#d94801", "spectrum": "#41ab5d", "patches": "#807dba"}


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the p-values under the null, and those of every test at every departure."""
    results: dict[str, Any] = {key: settings[key] for key in ("mode", "items", "side")}
    for n in settings["sizes"]:
        results |= {f"null/{n}": step(f"null{n}", null, n, settings)["p_values"]}
    results |= {"sizes": np.array(settings["sizes"])}
    for axis, values in departures(settings).items():
        results |= {axis: np.array(values)}
        for k, value in enumerate(values):
            found = step(f"{axis}{k}", compare, axis, value, settings)
            results |= {f"{axis}/{k}/{name}": p for name, p in found.items()}
    return results


def departures(settings: dict[str, Any]) -> dict[str, list[float]]:
    """Return the values that lambda^2 and H take in turn."""
    return {
        "intermittency": settings["intermittencies"],
        "hurst": settings["roughnesses"],
    }


def fields(name: str, n: int, side: int, seed: int, **law: float) -> np.ndarray:
    """Return n standardised fields of their own stream, of the reference's law unless told."""
    law = {"hurst": HURST, "intermittency": INTERMITTENCY} | law
    x = multifractal_field((side, side), n=n, seed=integer(seed, "index", name), **law).values
    x = x - x.mean(axis=(1, 2), keepdims=True)
    return x / x.std(axis=(1, 2), keepdims=True)


def null(n: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the p-values of pairs of sets of n fields of one law, all fresh."""
    count, side = settings["nulls"], settings["null_side"]
    p_values = []
    for start in range(0, count, 50):
        pairs = min(50, count - start)
        name = f"null {n} {start}"
        pool = describe(fields(name, 2 * n * pairs, side, settings["seed"]), dim=2)
        sets = [rows(pool, slice(k * n, (k + 1) * n)) for k in range(2 * pairs)]
        p_values += [tested(*sets[2 * k : 2 * k + 2], settings) for k in range(pairs)]
    return {"p_values": np.array(p_values)}


def rows(description: Description, chosen: slice) -> Description:
    """Return some of the items."""
    return Description(
        values=description.values[chosen], names=description.names, groups=description.groups
    )


def tested(samples: Description, reference: Description, settings: dict[str, Any]) -> float:
    """Return the p-value of `quality`."""
    options = {"seed": settings["seed"], "resamples": settings["resamples"]}
    return quality(samples, reference, dim=2, **options).p_value


def compare(axis: str, value: float, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the p-values of every test where one parameter has another value."""
    n, side, seed = settings["items"], settings["side"], settings["seed"]
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for r in range(settings["repetitions"]):
        ours = fields(f"{axis} {value} {r}", n, side, seed, **{axis: value})
        theirs = fields(f"reference {axis} {value} {r}", n, side, seed)
        both = describe(np.concatenate([ours, theirs]), dim=2)
        sets = rows(both, slice(n)), rows(both, slice(n, 2 * n))
        found["index"].append(tested(*sets, settings))
        measured = features(np.concatenate([ours, theirs]), seed=seed)
        for name in DISTANCES:
            options = {"n": n, "resamples": settings["resamples"]}
            p = p_value(name, measured[name], seed=integer(seed, axis, str(value), r), **options)
            found[name].append(p)
    return {name: np.array(p) for name, p in found.items()}


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the sizes of the test and the power of every test at every departure."""
    sizes = {str(n): size(results[f"null/{n}"]) for n in results["sizes"].tolist()}
    power = {
        axis: {
            name: {
                f"{value:g}": float(np.mean(results[f"{axis}/{k}/{name}"] <= LEVEL))
                for k, value in enumerate(results[axis].tolist())
            }
            for name in NAMES
        }
        for axis in ("intermittency", "hurst")
    }
    first = results["intermittency/0/index"]
    return {
        "items": int(results["items"]),
        "side": int(results["side"]),
        "repetitions": len(first),
        "size": sizes,
        "power": power,
    }


def size(p_values: np.ndarray) -> dict[str, float]:
    """Return the share below 5 %, the 99.9 % range of that share, and the largest deviation."""
    n = len(p_values)
    low, high = (float(binom.ppf(q, n, LEVEL) / n) for q in (0.0005, 0.9995))
    return {"pairs": n, "share": float(np.mean(p_values <= LEVEL)), "low": low, "high": high}


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    sizes, power = found["size"].values(), found["power"]
    others = [name for name in NAMES if name != "index"]
    lambdas = power["intermittency"]
    by_total = {name: sum(values.values()) for name, values in lambdas.items()}
    far = {
        name: [p for v, p in values.items() if abs(float(v) - INTERMITTENCY) >= 0.019]
        for name, values in lambdas.items()
    }
    rough = {v: p for v, p in power["hurst"]["index"].items() if abs(float(v) - HURST) > 0.09}
    return {
        "the 5 % test keeps its level at every size": all(s["share"] <= s["high"] for s in sizes),
        "the index sees every change of lambda^2 by .02 or more in 9 of 10 sets": min(far["index"])
        >= 0.9,
        "no other distance sees half as many changes of lambda^2": max(
            by_total[name] for name in others
        )
        <= by_total["index"] / 2,
        "the index sees a change of H by .1 in 9 of 10 sets": min(rough.values()) >= 0.9,
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words which changes of the law are seen."""
    seen = {
        name: [100 * power for power in values.values()]
        for name, values in found["power"]["intermittency"].items()
    }
    others = max(np.mean(powers) for name, powers in seen.items() if name != "index")
    shares = ", ".join(f"{100 * s['share']:.1f} %" for s in found["size"].values())
    return (
        f"Of sets of one law the 5 % test rejects {shares} (n = {', '.join(found['size'])}). "
        f"Over all changes of λ² it rejects {np.mean(seen['index']):.0f} %, the best other "
        f"distance {others:.0f} %\n({found['items']} against {found['items']} fields of "
        f"{found['side']} x {found['side']}, {found['repetitions']} pairs of sets a point; "
        "every test calibrated by permutations)"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's tables for a terminal."""
    lines = [
        f"n = {n:>3}: {s['share']:.3f} below .05 of {s['pairs']} pairs of one law"
        for n, s in found["size"].items()
    ]
    for axis, title in (("intermittency", "lambda^2"), ("hurst", "H")):
        entry = found["power"][axis]
        lines += ["", f"{title:>27}" + "".join(f"{v:>7}" for v in entry["index"])]
        for name, values in entry.items():
            lines.append(f"{NAMES[name]:>27}" + "".join(f"{p:7.2f}" for p in values.values()))
    return "\n".join([*lines, "", verdict(found)])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: uniformity under the null, power along lambda^2 and along H."""
    found = numbers(results)
    figure = noted_figure((13, 4.6), verdict(found), f"mode: {results['mode']}", low=0.002)
    uniform, *powers = figure.subplots(1, 3, width_ratios=[1, 1.1, 1.1])
    uniformity(uniform, results)
    axes_of = zip(powers, ("intermittency", "hurst"), (INTERMITTENCY, HURST), "bc", strict=True)
    for axes, axis, null_value, letter in axes_of:
        departure(axes, found, axis, null_value)
        symbol = "λ²" if axis == "intermittency" else "H"
        axes.set_xlabel(f"{symbol} of the samples (reference: {null_value:g})")
        axes.set_title(f"{letter}   power at 5 % as {symbol} departs", loc="left", fontsize=10)
    below = {"loc": "outside lower right", "ncols": 4, "fontsize": 8.5, "frameon": False}
    powers[0].set_ylabel("share of tests that reject")
    figure.legend(*powers[0].get_legend_handles_labels(), **below)
    powers[1].tick_params(labelleft=False)
    return figure


def uniformity(axes: Axes, results: dict[str, Any]) -> None:
    """Show how far the distribution of the p-values is from uniform, with its 95 % band."""
    grid = np.linspace(0, 1, 201)
    sizes = results["sizes"].tolist()
    pairs = len(results[f"null/{sizes[0]}"])
    low, high = (binom.ppf(q, pairs, grid) / pairs - grid for q in (0.025, 0.975))
    axes.fill_between(grid, low, high, color="0.9", lw=0, label="95 % of uniform ones, pointwise")
    for n, colour in zip(sizes, ("#9ecae1", "#4292c6", "#08306b"), strict=False):
        p = np.sort(results[f"null/{n}"])
        share = np.searchsorted(p, grid + 1e-9, side="right") / len(p)
        axes.plot(grid, share - grid, color=colour, lw=1.4, label=f"{n} against {n}")
    axes.axhline(0, color="black", lw=0.8)
    axes.axvline(LEVEL, color="black", lw=0.8, ls=":")
    largest = 1.9 * max(np.abs(axes.get_ylim()))
    axes.set(xlim=(0, 1), ylim=(-largest, largest), xlabel="p")
    axes.set_ylabel("share of p-values ≤ p, minus p")
    axes.legend(fontsize=8.5, frameon=False, loc="upper right")
    axes.set_title(f"a   {pairs} pairs of sets of one law", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def departure(axes: Axes, found: dict[str, Any], axis: str, null_value: float) -> None:
    """Show the power of every test along one parameter, with its standard error."""
    for name, label in NAMES.items():
        power = found["power"][axis][name]
        x, y = np.array([float(v) for v in power]), np.array(list(power.values()))
        error = np.sqrt(y * (1 - y) / found["repetitions"])
        bold = {"lw": 2.2, "zorder": 3} if name == "index" else {"lw": 1.3}
        for side, text in ((x < null_value, label), (x > null_value, None)):
            # through the level at the reference's own value
            xs = np.append(x[side], null_value)
            order = np.argsort(xs)
            ys, es = np.append(y[side], LEVEL), np.append(error[side], 0)
            line = {"yerr": es[order], "color": COLOURS[name], "label": text, **bold}
            axes.errorbar(xs[order], ys[order], marker="o", ms=4, **line)
    axes.axhline(LEVEL, color="black", lw=0.8, ls=":")
    axes.axvline(null_value, color="0.6", lw=0.8, ls=":")
    axes.set_ylim(-0.03, 1.04)
    axes.locator_params(axis="x", nbins=6)
    axes.spines[["top", "right"]].set_visible(False)
