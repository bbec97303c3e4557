"""Three prices against labels alone: ``python -m benchmarks.labelling_prices [seeds] [worlds]``.

A label costs 3, a yes or no 1, a judged pair 1; a tenth of an expert's impressions is wrong. The
campaign that may ask all three is told so, and so are those that ask for labels, in three ways to
choose of which the best is compared; measured is the balanced accuracy on other items against the
money. All ask five questions at a time. Worlds: normal classes, and digits; choices were made on
other draws. The saving at a goal is 1 - money of the three / money of labels, of the mean curves,
with an interval that redraws seeds in pairs; goals are shares of the best that labels reach.
"""

import sys
import time
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score

from benchmarks import provenance
from labelling import (
    Expert,
    Ledger,
    Step,
    ask_expert,
    campaign_next,
    ledger,
    simulated_expert,
    tell,
)
from labelling.answers_ledger.partial_answers import confusion_table
from labelling.experts.known_answers import known

NOISE, BUDGET, LEVEL = 0.1, 540.0, 0.95
THREE = {"label": 3, "yes/no": 1, "pair": 1}
WAYS = {
    "labels": ({"label": 3}, "uncertain-and-far", 5),
    "labels, margin": ({"label": 3}, "margin", 5),
    "labels, random": ({"label": 3}, "random", 5),
    "three": (THREE, "uncertain-and-far", 5),
}
GRID = np.arange(60.0, BUDGET + 1, 10)
GOALS = (0.9, 0.95, 0.98)
REDRAWN = 1000


class World(NamedTuple):
    """Normal classes: how many, in how many dimensions, and how far apart."""

    classes: int
    dimensions: int
    spread: float


WORLDS = {
    "eight": World(8, 12, 1.3),
    "five": World(5, 6, 1.5),
    "twelve": World(12, 16, 1.2),
    "three": World(3, 4, 1.2),
    "digits": None,
}


def items_of(name: str, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return features and classes of a pool and, after it, of what tests; and the pool's size."""
    rng = np.random.default_rng(seed)
    if name == "digits":
        x, y = load_digits(return_X_y=True)
        order = rng.permutation(len(y))
        return x[order] / 16, y[order], 1000
    world = WORLDS[name]
    centres = world.spread * rng.standard_normal((world.classes, world.dimensions))
    y = rng.integers(world.classes, size=1600)
    return centres[y] + rng.standard_normal((1600, world.dimensions)), y, 800


def curve(name: str, way: str, seed: int) -> tuple[np.ndarray, dict[str, int]]:
    """Return the balanced accuracy at each sum of money, and how often each kind was asked."""
    x, y, pool = items_of(name, seed)
    prices, by, batch = WAYS[way]
    expert = simulated_expert(y[:pool], confusion=NOISE, price=prices, seed=seed)
    options = {"classes": expert.classes, "tolerance": 1e-9, "batch": batch, "by": by}
    options |= {"cost": prices, "error": NOISE, "seed": seed}
    confusion = confusion_table(NOISE, len(expert.classes), "error")
    book, money, found, kinds = ledger(), [], [], dict.fromkeys(THREE, 0)
    while book.cost.sum() < BUDGET:
        step = campaign_next(x[:pool], book, **options)
        for kind in step.question.tolist():
            kinds[kind] += 1
        book = told(book, expert, step)
        votes = known(x, book, len(book.key), expert.classes, confusion).votes
        if votes is not None:
            guess = votes[pool:].argmax(axis=1)
            money.append(float(book.cost.sum()))
            found.append(balanced_accuracy_score(y[pool:], guess))
    return np.interp(GRID, money, found), kinds


def told(book: Ledger, expert: Expert, step: Step) -> Ledger:
    """Return the ledger with an expert's answers to a step."""
    asked = {"question": step.question, "proposed": step.proposed, "others": step.others}
    said = ask_expert(expert, step.items, time=0, **asked)
    for kind in np.unique(said.kind):
        rows = np.flatnonzero(said.kind == kind)
        about = {"items": said.items[rows], "cost": said.cost[rows], "who": "expert", "time": 0}
        if kind == "pair":
            about |= {"others": said.others[rows], "values": said.same[rows].astype(bool)}
        else:
            about["values"] = said.values[rows].tolist()
        book = tell(book, kind=str(kind), **about)
    return book


def money_to(curves: np.ndarray, goal: float) -> float:
    """Return the money at which a mean curve first reaches a goal, infinity for never."""
    reached = curves.mean(axis=0) >= goal
    return float(GRID[reached.argmax()]) if reached.any() else float("inf")


def saving(labels: np.ndarray, three: np.ndarray, goal: float) -> float:
    """Return the share of the money that three prices save, at a share of labels' best accuracy."""
    wanted = goal * labels.mean(axis=0).max()
    return max(1 - money_to(three, wanted) / money_to(labels, wanted), -1.0)


def savings(labels: np.ndarray, three: np.ndarray) -> dict[str, dict]:
    """Return the savings at the goals, with intervals over redrawn seeds."""
    rng = np.random.default_rng(0)
    found = {}
    for goal in GOALS:
        draws = rng.integers(len(three), size=(REDRAWN, len(three)))
        redrawn = [saving(labels[d], three[d], goal) for d in draws]
        low, high = np.quantile(redrawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        found[f"{goal:.0%}"] = {
            "saving": float(saving(labels, three, goal)),
            "interval": [float(low), float(high)],
        }
    return found


def compared(name: str, seeds: int) -> dict:
    """Return all curves of a world, and what three prices save against the best of labels."""
    began, curves, kinds = time.process_time(), {}, {}
    for way in WAYS:
        runs = [curve(name, way, seed) for seed in range(seeds)]
        curves[way] = np.array([run[0] for run in runs])
        kinds[way] = {k: float(np.mean([run[1][k] for run in runs])) for k in THREE}
    best = max((w for w in WAYS if w != "three"), key=lambda w: curves[w].mean())
    return {
        "best of labels": best,
        "saving": savings(curves[best], curves["three"]),
        "saving against the default": savings(curves["labels"], curves["three"]),
        "asked on average": kinds,
        "mean curves": {w: c.mean(axis=0).round(4).tolist() for w, c in curves.items()},
        "cpu_s": time.process_time() - began,
    }


def main(seeds: int = 20, *names: str) -> None:
    """Measure, print and keep; some worlds alone are added to what was kept."""
    kept = provenance.read("labelling_prices") if names else {}
    figures = {"seeds": seeds, "noise": NOISE, "prices": THREE, "money": GRID.tolist()}
    worlds = dict(kept.get("worlds", {}))
    for name in names or WORLDS:
        worlds[name] = compared(name, seeds)
        shown = {k: v for k, v in worlds[name].items() if k != "mean curves"}
        print(name, shown, flush=True)
        figures |= {"worlds": worlds, "mean saving": mean_saving(worlds)}
        provenance.write("labelling_prices", figures, libraries=("numpy", "scikit-learn"))
    print("mean saving", figures["mean saving"])


def mean_saving(worlds: dict[str, dict]) -> dict[str, float]:
    """Return the saving at each goal, the mean over worlds."""
    at = {
        goal: [w["saving"][goal]["saving"] for w in worlds.values()]
        for goal in map("{:.0%}".format, GOALS)
    }
    return {goal: float(np.mean(values)) for goal, values in at.items()}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
