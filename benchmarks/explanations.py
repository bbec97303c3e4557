"""Explanations of satellite series against exact truth; each call adds what is missing.

python -m benchmarks.explanations [SECONDS [STUDY ...]] writes
benchmarks/results/explanations_<platform>.json and stops starting new worlds after SECONDS (by
default 200); what is there is kept, so that it can be called again until all is done.

Worlds of `additive_phenology`: 24 dates x 6 bands, 8 planted cells, 150 training items, 200 asked
about, 20 members. Worlds of `phenology`: pairs of crops under clouds, every method; and all crops,
every network against the Bayes rule.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.provenance import RESULTS, write
from confidence import classify_series, explain, role_sizes, score_explanation
from toolbox import additive_phenology, phenology

WORLDS, FEW, MANY, ASKED, MEMBERS = 20, 150, 600, 200, 20
UNLABELLED = 1000  # items of a season that the pattern may be read from: they need no label
LEAKS = 40
SEASONS = 18  # three worlds of each pair
NETWORKS = ("tempcnn", "linear", "channel attention", "l-tae", "shapelets")
STEPS = {300: 300, 1200: 1200, 4800: 9600}  # of the training, by its items
SEEDS_ONLY = ("init", "order")
EVERYTHING = (*SEEDS_ONLY, "resample")
CROPS = ("winter wheat", "winter barley", "rapeseed", "sunflower")
PAIRS = tuple(combinations(CROPS, 2))


def additive(seed: int, *, n: int, network: str, redraw: tuple[str, ...]) -> dict[str, float]:
    """Return the scores of one world, and the coverage of roles as they are and calibrated."""
    world = additive_phenology(n=n + ASKED, seed=seed)
    few, asked = slice(0, n), slice(n, n + ASKED)
    networks = classify_series(
        world.values[few],
        world.labels[few],
        dates=world.dates,
        members=MEMBERS,
        seed=seed,
        network=network,
        redraw=redraw,
        progress=False,
    )
    found = explain(networks, world.values[asked])
    truth, planted = world.contributions[asked], world.truth[0, 1] > 0
    scores = score_explanation(found, truth).asdict()
    sizes = role_sizes(found, world.labels[asked])
    role = np.einsum("ntb,n->tb", truth, found.side) / ASKED
    low, high = np.moveaxis(sizes.interval, -1, 0)
    inside = (low <= role) & (role <= high)
    votes = networks.votes(world.values[asked]).mean(axis=0)
    right = votes.argmax(axis=1) == world.labels[asked]
    bayes = world.posterior[asked].argmax(axis=1) == world.labels[asked]
    numbers = {name: value for name, value in scores.items() if isinstance(value, float)}
    return {name: value for name, value in numbers.items() if np.isfinite(value)} | {
        "calibrated_planted_coverage": float(inside[planted].mean()),
        "calibrated_null_coverage": float(inside[~planted].mean()),
        "scale": sizes.scale,
        "accuracy": float(right.mean()),
        "bayes_accuracy": float(bayes.mean()),
    }


def seasons(number: int, *, network: str) -> dict[str, float]:
    """Return the scores of a pair of crops under clouds, with a timing that differs."""
    pair = PAIRS[number % len(PAIRS)]
    fields = phenology(
        n=2 * FEW + UNLABELLED, seed=number, classes=pair, dates=np.arange(60, 300, 10), noise=0.04
    )
    few, asked = slice(0, 2 * FEW), slice(2 * FEW, 2 * FEW + ASKED)
    whole = slice(2 * FEW, None)
    networks = classify_series(
        fields.values[few],
        fields.labels[few],
        clear=fields.clear[few],
        dates=fields.dates,
        members=MEMBERS,
        seed=number,
        network=network,
        progress=False,
    )
    truth = fields.truth[0, 1]
    k = int((np.cumsum(np.sort(truth, axis=None)[::-1]) < 0.5 * truth.sum()).sum()) + 1
    asked_of = {"series": fields.values[asked], "clear": fields.clear[asked]}
    told = {
        "": explain(networks, **asked_of),
        "pattern_": explain(networks, **asked_of, method="pattern"),
        "pattern_of_1000_": explain(
            networks, fields.values[whole], clear=fields.clear[whole], method="pattern"
        ),
    }
    scores = {name: score_explanation(found, truth, k=k) for name, found in told.items()}
    votes = networks.votes(fields.values[asked], fields.clear[asked]).mean(axis=0)
    bayes = fields.posterior[asked].argmax(axis=1) == fields.labels[asked]
    return {
        "k": k,
        **{f"{name}precision": s.precision for name, s in scores.items()},
        **{f"{name}single_precision": s.single_precision for name, s in scores.items()},
        "accuracy": float((votes.argmax(axis=1) == fields.labels[asked]).mean()),
        "bayes_accuracy": float(bayes.mean()),
    }


def accuracies(seed: int, *, n: int, steps: int, network: str) -> dict[str, float]:
    """Return the accuracy of the networks on all crops, of one and of all, and the Bayes rule's."""
    fields = phenology(n=n + 600, seed=seed)
    asked = slice(n, None)
    networks = classify_series(
        fields.values[:n],
        fields.labels[:n],
        clear=fields.clear[:n],
        dates=fields.dates,
        members=4,
        seed=seed,
        network=network,
        steps=steps,
        progress=False,
    )
    votes = networks.votes(fields.values[asked], fields.clear[asked])
    right = votes.argmax(axis=2) == fields.labels[asked]
    pooled = votes.mean(axis=0).argmax(axis=1) == fields.labels[asked]
    bayes = float((fields.posterior[asked].argmax(axis=1) == fields.labels[asked]).mean())
    return {
        "accuracy": float(pooled.mean()),
        "single_accuracy": float(right.mean()),
        "bayes_accuracy": bayes,
        "share_of_bayes": float(pooled.mean() / bayes),
    }


def leaks(seed: int, *, leak: float | None) -> dict[str, float]:
    """Say whether a band that gives the class away is first and named in the note."""
    fields = phenology(
        n=FEW + ASKED,
        seed=seed,
        classes=("winter wheat", "winter barley"),
        dates=np.arange(60, 300, 20),
        bands=("B3", "B4", "B8", "B11"),
        noise=0.04,
        leak=leak,
    )
    few, asked = slice(0, FEW), slice(FEW, None)
    networks = classify_series(
        fields.values[few],
        fields.labels[few],
        clear=fields.clear[few],
        dates=fields.dates,
        members=MEMBERS,
        seed=seed,
        network="tempcnn",
        progress=False,
    )
    found = explain(networks, fields.values[asked], clear=fields.clear[asked])
    return {
        "last_band_first": float(found.band_shares.argmax() == len(fields.bands) - 1),
        "flagged": float(f"band {len(fields.bands) - 1} alone" in found.note),
    }


def random_labels(seed: int) -> dict[str, float]:
    """Return the share of confident cells where the labels are coins."""
    world = additive_phenology(n=FEW + ASKED, seed=seed)
    coins = np.random.Generator(np.random.Philox(seed)).integers(0, 2, FEW)
    networks = classify_series(
        world.values[:FEW],
        coins,
        dates=world.dates,
        members=MEMBERS,
        seed=seed,
        network="tempcnn",
        progress=False,
    )
    found = explain(networks, world.values[FEW:])
    return {
        "confident": float(found.role_confident.mean()),
        "empty": float(not found.role_confident.any()),
        "left_out_p_value": networks.left_out_p_value,
    }


def checks_of_methods(seed: int, *, network: str, method: str) -> dict[str, float]:
    """Return a method's precision and its correlation with the map of shuffled weights."""
    world = additive_phenology(n=FEW + 60, seed=seed)
    networks = classify_series(
        world.values[:FEW],
        world.labels[:FEW],
        dates=world.dates,
        members=5,
        seed=seed,
        network=network,
        progress=False,
    )
    asked = world.values[FEW:]
    found = explain(networks, asked, method=method, orders=2, seed=seed)
    told = score_explanation(
        found, world.contributions[FEW:], ensemble=networks, series=asked, seed=seed
    )
    return {
        "precision": told.precision,
        "randomised": told.randomised,
        "flagged": float(told.flagged == method),
        "deletion": told.deletion,
        "insertion": told.insertion,
    }


STUDIES: dict[str, tuple[int, Callable[..., dict[str, float]]]] = {
    "additive tempcnn": (
        WORLDS,
        partial(additive, n=FEW, network="tempcnn", redraw=EVERYTHING),
    ),
    "additive l-tae": (
        WORLDS,
        partial(additive, n=FEW, network="l-tae", redraw=EVERYTHING),
    ),
    "additive tempcnn, not resampled": (
        WORLDS,
        partial(additive, n=FEW, network="tempcnn", redraw=SEEDS_ONLY),
    ),
    "additive linear": (
        WORLDS,
        partial(additive, n=FEW, network="linear", redraw=EVERYTHING),
    ),
    "additive linear, not resampled": (
        WORLDS,
        partial(additive, n=FEW, network="linear", redraw=SEEDS_ONLY),
    ),
    "additive tempcnn, 600 items": (
        WORLDS,
        partial(additive, n=MANY, network="tempcnn", redraw=EVERYTHING),
    ),
    "leak": (LEAKS, partial(leaks, leak=4.0)),
    "no leak": (LEAKS, partial(leaks, leak=None)),
    "random labels": (LEAKS, random_labels),
    **{f"seasons {network}": (SEASONS, partial(seasons, network=network)) for network in NETWORKS},
    **{
        f"accuracy {network}, {n} items": (3, partial(accuracies, n=n, steps=s, network=network))
        for network in NETWORKS
        for n, s in STEPS.items()
    },
    "method shapelets": (5, partial(checks_of_methods, network="shapelets", method="shapelets")),
    "method pattern": (5, partial(checks_of_methods, network="tempcnn", method="pattern")),
    "method grad-cam": (5, partial(checks_of_methods, network="tempcnn", method="grad-cam")),
    "method attention, channel attention": (
        5,
        partial(checks_of_methods, network="channel attention", method="attention"),
    ),
    "method gradient": (5, partial(checks_of_methods, network="tempcnn", method="gradient")),
    "method occlusion": (5, partial(checks_of_methods, network="tempcnn", method="occlusion")),
    "method integrated gradients": (
        5,
        partial(checks_of_methods, network="tempcnn", method="integrated gradients"),
    ),
    "method sampled shapley": (
        5,
        partial(checks_of_methods, network="tempcnn", method="sampled shapley"),
    ),
}


def kept() -> dict[str, list[dict[str, Any]]]:
    """Return the worlds that an earlier call computed."""
    path = RESULTS / "explanations_cpu.json"
    return json.loads(path.read_text())["worlds"] if path.exists() else {}


def summary(worlds: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, float]]:
    """Return the mean of every number, and how many worlds it is of."""
    return {
        study: {"worlds": len(rows)}
        | {name: float(np.mean([row[name] for row in rows if name in row])) for name in rows[0]}
        for study, rows in worlds.items()
        if rows
    }


def main(seconds: float = 200.0, studies: tuple[str, ...] = ()) -> None:
    """Compute worlds that are missing, of all studies by default, until the time is up."""
    began, worlds = time.perf_counter(), kept()
    rounds = max(number for number, _ in STUDIES.values())
    for world in range(rounds):  # one world of every study in turn
        for study, (number, compute) in STUDIES.items():
            rows = worlds.setdefault(study, [])
            if studies and study not in studies:
                continue
            if len(rows) > world or world >= number or time.perf_counter() - began > seconds:
                continue
            rows.append(compute(world))
            write(
                "explanations",
                {"summary": summary(worlds), "worlds": worlds},
                libraries=("jax", "numpy", "scipy"),
            )
    print(json.dumps(summary(worlds), indent=1))
    missing = {s: n - len(worlds[s]) for s, (n, _) in STUDIES.items() if n > len(worlds[s])}
    print("missing:", missing or "nothing")


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else 200.0, tuple(sys.argv[2:]))
