"""What each family of evidence sees on the twins, beside an oracle that knows the laws.

Benchmark sets whose classes differ by one known thing: H, an angle, lambda^2, these three mixed;
and crops of photographs, their zooms, and synthetic photographic papers. For the two sets with a
closed Bayes accuracy it is held against simulated oracles.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

import similarity
from paper_figures.texture_similarity.twins_panels import draw_panels
from paper_figures.texture_similarity.twins_scores import (
    FAMILIES,
    ITEMS,
    JUDGED,
    METHODS,
    ORACLE,
    POOLED,
    one_draw,
)
from toolbox.retraining.streams import integer

QUICK = {
    "mode": "quick",
    "draws": 1,
    "size": 64,
    "share": 0.5,  # of the benchmark's items a class
    "fields": 4000,  # a point of the Bayes accuracy
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "draws": 20, "size": 128, "share": 1.0, "fields": 10000},
    "tiny": QUICK | {"mode": "tiny", "size": 32, "share": 0.35, "fields": 300},
}
CLOSED = {  # set: what is varied, its values times 64 / size, number of classes
    "hurst": ("step", (0.02, 0.04, 0.07, 0.1), 6),
    "angle": ("modulation", (0.06, 0.12, 0.2, 0.3), 10),
}
CLOSED_SIZE = 64
TOLERANCE, ERRORS = 0.01, 3.5
SHOWN = 96  # pixels of an example


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return every score of every draw, the simulated accuracies, and examples."""
    results: dict[str, Any] = {"mode": settings["mode"], "size": settings["size"]}
    parts = [(kind, d) for kind in ITEMS for d in range(settings["draws"])]
    kept: dict[str, list] = {}
    for kind, d in tqdm(parts, desc="twins", disable=None):
        for name, value in step(f"{kind}{d}", scored, kind, d, settings).items():
            if name != "seconds":
                kept.setdefault(f"{kind}/{name}", []).append(value)
    for kind in CLOSED:
        results |= {f"{kind}/{k}": v for k, v in step(kind, accuracies, kind, settings).items()}
    results |= step("examples", examples, settings)
    return results | {name: np.array(values) for name, values in kept.items()}


def items(kind: str, settings: dict[str, Any]) -> int:
    """Return the items a class."""
    return max(3, round(ITEMS[kind] * settings["share"]))


def scored(kind: str, d: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return one draw's P@1 and MAP@R of each method."""
    seed = integer(settings["seed"], "draw", d)
    found = one_draw(kind, n=items(kind, settings), size=settings["size"], seed=seed)
    return {name: np.array(value) for name, value in found.items()}


def accuracies(kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the printed Bayes accuracy and the share that simulated oracles get right."""
    name, values, classes = CLOSED[kind]
    printed, simulated, each = [], [], 25
    rounds = max(1, settings["fields"] // (classes * each))
    for v, value in enumerate(values):
        options = {"classes": classes, "size": CLOSED_SIZE, name: value}
        sets = (
            similarity.twins(kind, n=each, seed=integer(settings["seed"], kind, v, r), **options)
            for r in range(rounds)
        )
        shares = [(s.bayes_accuracy, s.oracle_accuracy) for s in sets]
        printed.append(shares[0][0])
        simulated.append(np.mean([s[1] for s in shares]))
    return {
        "varied": np.array(values),
        "printed": np.array(printed),
        "simulated": np.array(simulated),
        "fields": rounds * classes * each,
    }


def examples(settings: dict[str, Any]) -> dict[str, Any]:
    """Return an image of two classes of each set."""
    size, shown = SHOWN, {}
    for kind in ITEMS:
        found = similarity.twins(kind, n=2, size=size, seed=settings["seed"])
        last = {"papers": found.labels.max(), "mixed": 3}.get(kind, len(found.class_names) - 1)
        if kind == "angle":
            last = len(found.class_names) // 2
        chosen = [np.flatnonzero(found.labels == label)[0] for label in (0, last)]
        shown[f"example/{kind}"] = found.values[chosen].astype(np.float32)
        shown[f"names/{kind}"] = np.array([found.class_names[label] for label in (0, last)])
    return shown


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return mean scores of each set and method, and the accuracies."""
    sets = {}
    for kind in ITEMS:
        known = [m for m in METHODS if f"{kind}/{m}" in results]
        means = {m: results[f"{kind}/{m}"].mean(axis=0) for m in known}
        sets[kind] = {
            "chance": float(np.mean(results[f"{kind}/chance"])),
            "p_at_1": {m: float(v[0]) for m, v in means.items()},
            "map_at_r": {m: float(v[1]) for m, v in means.items()},
            "draws": len(results[f"{kind}/chance"]),
        }
    closed = {
        kind: {
            "varied": CLOSED[kind][0],
            "fields": int(results[f"{kind}/fields"]),
            **{k: results[f"{kind}/{k}"].tolist() for k in ("printed", "simulated")},
            "values": results[f"{kind}/varied"].tolist(),
        }
        for kind in CLOSED
    }
    return {"size": int(results["size"]), "sets": sets, "closed": closed}


def best_family(entry: dict[str, Any]) -> str:
    """Return the family of the highest P@1."""
    return max(FAMILIES, key=lambda f: entry["p_at_1"][f])


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    sets = found["sets"]
    gaussian = [sets[kind]["p_at_1"] for kind in ("hurst", "angle")]
    sharp = {kind: best_family(sets[kind]) for kind in ("angle", "intermittency")}
    return {
        "no method beats the exact oracle of Gaussian sets": all(
            p[ORACLE] >= max(p.values()) for p in gaussian
        ),
        "the family that sees angles is not the one that sees intermittency": (
            sharp["angle"] != sharp["intermittency"]
        ),
        "on the mixed set the pool beats every family": bool(
            sets["mixed"]["p_at_1"][POOLED] > max(sets["mixed"]["p_at_1"][f] for f in FAMILIES)
        ),
        "printed Bayes accuracies are within .01 of simulated ones, and three and a half errors": (
            all(_agree(entry) for entry in found["closed"].values())
        ),
    }


def _agree(entry: dict[str, Any]) -> bool:
    p, q = np.array(entry["printed"]), np.array(entry["simulated"])
    error = np.sqrt(p * (1 - p) / entry["fields"])
    return bool((np.abs(p - q) <= TOLERANCE + ERRORS * error).all())


def verdict(found: dict[str, Any]) -> str:
    """Say in words who sees what."""
    sets = found["sets"]
    winners = {kind: best_family(entry) for kind, entry in sets.items()}
    different = len(set(winners.values()))
    lost = {
        kind: max(entry["p_at_1"][f] for f in FAMILIES) - entry["p_at_1"][JUDGED]
        for kind, entry in sets.items()
    }
    worst = max(lost, key=lost.get)
    mixed = sets["mixed"]["p_at_1"]
    return (
        f"No family sees everything: {different} of {len(FAMILIES)} are best somewhere. On the "
        f"mixed set the pool finds {mixed[POOLED]:.2f} of the nearest, the best family "
        f"{mixed[winners['mixed']]:.2f}, the oracle {mixed[ORACLE]:.2f}.\nAfter 50 judged pairs "
        f"the pool loses at most {max(0, lost[worst]):.2f} to a set's best family ({worst})"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal: P@1 (MAP@R)."""
    lines = [f"{'set':14}" + "".join(f"{m:>18}" for m in (*METHODS, "chance"))]
    for kind, entry in found["sets"].items():
        cells = [
            f"{entry['p_at_1'][m]:.2f} ({entry['map_at_r'][m]:.2f})"
            if m in entry["p_at_1"]
            else "-"
            for m in METHODS
        ]
        lines.append(f"{kind:14}" + "".join(f"{c:>18}" for c in [*cells, f"{entry['chance']:.2f}"]))
    for kind, entry in found["closed"].items():
        pairs = zip(entry["values"], entry["printed"], entry["simulated"], strict=True)
        text = ", ".join(f"{v:g}: {p:.3f} ({q:.3f})" for v, p, q in pairs)
        lines.append(f"{kind}, Bayes accuracy printed (simulated) by {entry['varied']}: {text}")
    return "\n".join([*lines, "", verdict(found)])


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: examples, P@1, MAP@R, and the Bayes accuracy."""
    found = numbers(results)
    return draw_panels(results, found, verdict(found))
