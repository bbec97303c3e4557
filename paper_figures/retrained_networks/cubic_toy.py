"""The cubic of Lakshminarayanan, Pritzel and Blundell (2017), figure 1: what an ensemble knows.

Twenty points of y = x^3 + N(0, 3^2) on [-4, 4]; networks of one hidden layer of 100 units, trained
from scratch, differ by their initial weights alone, as there, or are each trained on a bootstrap
of the points as well.
"""

from collections.abc import Callable
from math import sqrt
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_figures.runner.drawing import noted_figure
from toolbox import retrain
from toolbox.retraining.streams import generator

QUICK = {"mode": "quick", "points": 20, "members": 50, "steps": 3000, "repeats": 20, "seed": 0}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "members": 500, "repeats": 100},
    "tiny": QUICK | {"mode": "tiny", "members": 20, "steps": 600, "repeats": 2},
}
EDGE, FAR, NOISE = 4.0, 6.0, 3.0  # of the data, of the picture, standard deviation
HIDDEN, RATE = 100, 0.02
SHOWN = 5  # members in the paper's figure
SEVERAL = 3.0  # the claim: so many times the spread inside, at least
GRID = np.linspace(-FAR, FAR, 241)


def adam(state: tuple, slope: Any, rate: jax.Array, number: jax.Array) -> tuple:
    """Make one step of Adam with its authors' constants (Kingma & Ba, 2015); `number` from 0."""
    weights, (first, second) = state
    first = jax.tree.map(lambda m, g: 0.9 * m + (1 - 0.9) * g, first, slope)
    second = jax.tree.map(lambda v, g: 0.999 * v + (1 - 0.999) * g**2, second, slope)
    bias_1, bias_2 = 1 - 0.9 ** (number + 1), 1 - 0.999 ** (number + 1)

    def moved(w: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
        return w - rate * (m / bias_1) / (jnp.sqrt(v / bias_2) + 1e-8)

    return jax.tree.map(moved, weights, first, second), (first, second)


@jax.jit
def member(streams: dict[str, jax.Array], data: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """Train one network by Adam on the mean square error; return what it answers on the grid."""
    x, y = data["x"], data["y"]
    drawn = jax.random.randint(streams["resample"], x.shape, 0, len(x))
    counts = jnp.where(data["resample"], jnp.bincount(drawn, length=len(x)), 1)
    centre, scale = y.mean(), y.std()
    keys = [jax.random.fold_in(streams["init"], layer) for layer in range(3)]
    weights = {
        "in": sqrt(2) * jax.random.normal(keys[0], (1, HIDDEN), x.dtype),
        "kinks": jax.random.uniform(keys[1], (HIDDEN,), x.dtype, -2, 2),
        "out": jax.random.normal(keys[2], (HIDDEN,), x.dtype) / sqrt(HIDDEN),
        "level": jnp.zeros((), x.dtype),
    }

    def answer(weights: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        hidden = jax.nn.relu(x[:, None] / 2 @ weights["in"] + weights["kinks"])
        return hidden @ weights["out"] + weights["level"]

    def loss(weights: dict[str, jax.Array]) -> jax.Array:
        return (counts * (answer(weights, x) - (y - centre) / scale) ** 2).mean()

    def step(number: jax.Array, state: tuple) -> tuple:
        rate = RATE * (0.5 * (1 + jnp.cos(jnp.pi * number / data["steps"])))  # half a cosine
        return adam(state, jax.grad(loss)(state[0]), rate, number)

    zeros = jax.tree.map(jnp.zeros_like, weights)
    weights = jax.lax.fori_loop(0, data["steps"], step, (weights, (zeros, zeros)))[0]
    return {"answer": centre + scale * answer(weights, data["grid"])}


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return each network's answers for the drawn points, and the spreads for further draws."""
    results = step("networks", networks, settings, 0, ("init",))
    resampled = step("resampled", networks, settings, 0, ("init", "resample"))
    results |= {"resampled": resampled["answers"]}
    few = settings | {"members": SHOWN}
    spreads = [
        step(f"repeat{k}", networks, few, k, ("init",))["answers"].std(axis=0, ddof=1)
        for k in range(1, settings["repeats"] + 1)
    ]
    return results | {"mode": settings["mode"], "spreads": np.array(spreads)}


def networks(settings: dict[str, Any], number: int, redraw: tuple[str, ...]) -> dict[str, Any]:
    """Draw the points of that number and train the networks on them."""
    rng = generator(settings["seed"], "cubic", number)
    x = rng.uniform(-EDGE, EDGE, settings["points"])
    y = x**3 + NOISE * rng.standard_normal(len(x))
    data = {"x": x, "y": y, "grid": GRID, "steps": np.int32(settings["steps"])}
    data |= {"resample": np.array("resample" in redraw)}
    options = {"members": settings["members"], "redraw": redraw, "progress": False}
    runs = retrain(member, data, seed=settings["seed"] + number, **options)
    return {"x": x, "y": y, "answers": runs.outputs["answer"]}


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the spreads inside and outside the data, and how often the band holds the cubic."""
    return {
        "one_network_spread": float(results["answers"][:1].std(axis=0).max()),
        "ensembles": {name: about(answers) for name, answers in ensembles(results).items()},
        "ratio_in_further_draws": sorted(ratio(spread) for spread in results["spreads"]),
    }


def ensembles(results: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the answers of each ensemble by its name: the paper's first."""
    answers, resampled = results["answers"], results["resampled"]
    return {
        f"{SHOWN} networks": answers[:SHOWN],
        f"{len(answers)} networks": answers,
        f"{len(answers)}, each on a bootstrap": resampled,
    }


def about(answers: np.ndarray) -> dict[str, float]:
    """Return the figures of one ensemble."""
    mean, spread = answers.mean(axis=0), answers.std(axis=0, ddof=1)
    held, inside = np.abs(mean - GRID**3) <= 3 * spread, np.abs(GRID) <= EDGE
    return {
        "spread_inside": float(np.sqrt((spread[inside] ** 2).mean())),
        "spread_outside": float(np.sqrt((spread[~inside] ** 2).mean())),
        "ratio": ratio(spread),
        "band_holds_the_cubic_inside": float(held[inside].mean()),
        "band_holds_the_cubic_outside": float(held[~inside].mean()),
    }


def ratio(spread: np.ndarray) -> float:
    """Return the root mean square spread outside the data over that inside."""
    inside = np.abs(GRID) <= EDGE
    return float(np.sqrt((spread[~inside] ** 2).mean() / (spread[inside] ** 2).mean()))


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    first, *_ = found["ensembles"].values()
    typical = float(np.median(found["ratio_in_further_draws"]))
    return {
        f"outside the data networks disagree at least {SEVERAL:.0f} times as much, "
        "here and in half of the further draws": min(first["ratio"], typical) >= SEVERAL,
        "a single network has no spread": found["one_network_spread"] == 0,
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what the ensemble knows and what it does not."""
    entry, *_, resampled = found["ensembles"].values()
    more = f"{entry['ratio']:.1f} times as much" if entry["ratio"] > 1 else "no more"
    low, high = np.quantile(found["ratio_in_further_draws"], [0.1, 0.9])
    held = [f"{100 * e['band_holds_the_cubic_outside']:.0f} %" for e in (entry, resampled)]
    return (
        f"{SHOWN} networks trained from scratch disagree {more} where there are no data "
        f"({low:.1f} to {high:.1f} times in 80 % of further draws); one network alone cannot say "
        "so.\nThe spread knows only what was redrawn: outside the data ± 3 sd hold the cubic at "
        f"{held[0]} of places, and at {held[1]} where the points were resampled as well"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'ensemble':>26}{'sd inside':>12}{'sd outside':>12}{'ratio':>8}"]
    lines[0] += f"{'cubic in band, inside':>24}{'outside':>10}"
    for size, e in found["ensembles"].items():
        line = f"{size:>26}{e['spread_inside']:12.2f}{e['spread_outside']:12.2f}{e['ratio']:8.1f}"
        held = e["band_holds_the_cubic_inside"], e["band_holds_the_cubic_outside"]
        lines.append(line + f"{held[0]:24.0%}{held[1]:10.0%}")
    return "\n".join([*lines, "", verdict(found)])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: one network, the paper's five, many on bootstraps, the spread along x."""
    found, shown = numbers(results), ensembles(results)
    figure = noted_figure((14, 4.6), verdict(found), f"mode: {results['mode']}", low=0.002)
    panels = figure.subplots(1, 4, width_ratios=[1, 1, 1, 1.15])
    (few, first), *_, (resampled, last) = shown.items()
    pictures = {"one network": first[:1], f"{few}, mean ± 3 sd": first, resampled: last}
    for letter, axes, (name, answers) in zip("abc", panels, pictures.items(), strict=False):
        band(axes, results, answers)
        axes.set_title(f"{letter}   {name}", loc="left", fontsize=10)
        axes.set_ylim(-240, 240)
        axes.tick_params(labelleft=letter == "a")
    panels[0].set_ylabel("y")
    panels[0].legend(loc="upper left", fontsize=8.5, frameon=False)
    spread_along_x(panels[3], results)
    return figure


def band(axes: Axes, results: dict[str, Any], answers: np.ndarray) -> None:
    """Show the cubic, the points, the networks and their mean with three standard deviations."""
    axes.axvspan(-EDGE, EDGE, color="0.95", lw=0)
    if len(answers) > 1:
        mean, spread = answers.mean(axis=0), answers.std(axis=0, ddof=1)
        axes.fill_between(GRID, mean - 3 * spread, mean + 3 * spread, color="#9ecae1", lw=0)
    for answer in answers[:SHOWN] if len(answers) > 1 else ():
        axes.plot(GRID, answer, color="#2171b5", lw=0.5, alpha=0.8)
    axes.plot(GRID, answers.mean(axis=0), color="#08519c", lw=1.8, label="network, or their mean")
    axes.plot(GRID, GRID**3, color="black", lw=1, ls="--", label="the cubic")
    axes.plot(results["x"], results["y"], "o", color="#d94801", ms=3.5, label="data")
    axes.set_xlim(-FAR, FAR)
    axes.set_xlabel("x")
    axes.spines[["top", "right"]].set_visible(False)


def spread_along_x(axes: Axes, results: dict[str, Any]) -> None:
    """Show the standard deviation of the networks along x, and that of further draws."""
    axes.axvspan(-EDGE, EDGE, color="0.95", lw=0)
    for k, spread in enumerate(results["spreads"]):
        label = f"{SHOWN} networks, further draws of the data" if k == 0 else None
        axes.plot(GRID, spread, color="0.75", lw=0.7, label=label)
    colours = ("#6baed6", "#08519c", "#d94801")
    for (name, answers), colour in zip(ensembles(results).items(), colours, strict=True):
        axes.plot(GRID, answers.std(axis=0, ddof=1), color=colour, lw=1.8, label=name)
    axes.set_yscale("log")
    axes.set_xlim(-FAR, FAR)
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, 0.02), high * 30)
    axes.set_xlabel("x")
    axes.set_title("d   standard deviation over the networks", loc="left", fontsize=10)
    axes.legend(fontsize=8, loc="upper left", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
