"""The rare-class study: whether synthesis, once gated, helps a class of a dozen samples.

Crops of photographs are classified by small networks; one class has few training crops. Train and
test come from different halves of every photograph, and the draws alternate the halves.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import confidence
import similarity
import synthesis
import toolbox
from paper_figures.texture_synthesis.rare_class_numbers import ARMS, claims, numbers, table
from paper_figures.texture_synthesis.rare_class_panels import draw
from toolbox.retraining.streams import generator, integer

__all__ = ["SETTINGS", "claims", "compute", "draw", "numbers", "parts", "steps", "table"]

Step = Callable[..., dict[str, Any]]

QUICK = {
    "mode": "quick",
    "images": "",  # a folder with one sub-folder a class; empty: scikit-image's photographs
    "rare": "gravel",
    "size": 36,  # pixels of a crop
    "rare_crops": 12,
    "draws": 8,
    "members": 20,
    "steps": 200,
    "candidates": 60,
    "iterations": 100,  # of the synthesis on its finest grid
    "alpha": 0.1,
    "siamese_steps": 600,
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "draws": 20, "members": 50, "steps": 400},
    "tiny": QUICK
    | {"mode": "tiny", "draws": 2, "members": 2, "steps": 4, "siamese_steps": 4}
    | {"candidates": 12, "iterations": 4},
}


def compute(settings: dict[str, Any], step: Step) -> dict[str, Any]:
    """Return every array and number of the study; costly parts are kept by `step`."""
    crops = cut(settings)
    results: dict[str, Any] = {
        "mode": settings["mode"],
        "classes": np.unique(crops["labels"]),
        "alpha": settings["alpha"],
        "own_images": bool(settings["images"]),
    }
    for d in range(settings["draws"]):
        results |= of_draw(d, crops, settings, step)
    task = one_draw(crops, settings, 0)
    results |= {"test_labels": task["test_labels"], "test_crops": task["test"]}
    results |= {"rare_crops": task["rare"], "test_units": task["test_units"]}
    results |= {"rare_name": task["rare_name"], "common_labels": task["common_labels"]}
    compared = of_similarity(crops, settings, step)
    return results | {f"similarity/{name}": value for name, value in compared.items()}


def parts(settings: dict[str, Any]) -> list[Callable[[Step], Any]]:
    """Return what may be computed at the same time: the comparison, and every draw.

    In this order two processes do not compile the same training at once: one reads the other's.
    """
    crops = cut(settings)
    draws = [partial(of_draw, d, crops, settings) for d in range(settings["draws"])]
    return [partial(of_similarity, crops, settings), *draws]


def steps(settings: dict[str, Any]) -> int:
    """Return how many steps there are: of every draw a synthesis and its arms; the comparison."""
    return settings["draws"] * (1 + len(ARMS)) + 1


def of_draw(
    d: int, crops: dict[str, np.ndarray], settings: dict[str, Any], step: Step
) -> dict[str, Any]:
    """Return a draw's synthesis and what each arm comes to with it."""
    task = one_draw(crops, settings, d)
    made = step(f"draw{d}-synthesis", synthesise, task, settings)
    found = {f"draw{d}/{name}": value for name, value in made.items()}
    for a, arm in enumerate(ARMS):
        trained = step(f"draw{d}-arm{a}", train, arm, task, made, settings)
        found |= {f"draw{d}/arm{a}/{name}": value for name, value in trained.items()}
    return found


def of_similarity(
    crops: dict[str, np.ndarray], settings: dict[str, Any], step: Step
) -> dict[str, Any]:
    """Return the comparison of the first draw's test crops."""
    return step("similarity", compare, one_draw(crops, settings, 0), settings)


# ------------------------------------------------------------------------------------ the data


def cut(settings: dict[str, Any]) -> dict[str, np.ndarray]:
    """Cut every half of every photograph into disjoint crops; the unit is photograph and half."""
    loaded = toolbox.load(settings["images"]) if settings["images"] else toolbox.textures()
    names = loaded.labels if settings["images"] else loaded.names
    if len(set(names)) < 2:
        wanted = "a folder with at least two sub-folders of images, one a class"
        raise toolbox.InputError(f"images: wanted {wanted}, got {settings['images']!r}")
    values, labels, halves, units = [], [], [], []
    for photograph, label, name in zip(loaded.values, names, loaded.names, strict=True):
        grey = photograph if photograph.ndim == 2 else photograph.mean(axis=0)
        middle = grey.shape[0] // 2
        for half, part in enumerate((grey[:middle], grey[middle:])):
            found = toolbox.crops(part, size=settings["size"]).values
            values.append(found)
            labels += [str(label)] * len(found)
            halves += [half] * len(found)
            units += [f"{label}/{name}/{'upper' if half == 0 else 'lower'}"] * len(found)
    return {
        "values": np.concatenate(values).astype(np.float32),
        "labels": np.array(labels),
        "halves": np.array(halves),
        "units": np.array(units),
    }


def rare_class(crops: dict[str, np.ndarray], settings: dict[str, Any]) -> str:
    """Return the class that is made rare: the one asked for, else the one with fewest crops."""
    classes, counts = np.unique(crops["labels"], return_counts=True)
    if not settings["rare"]:
        return str(classes[counts.argmin()])
    if settings["rare"] not in classes:
        wanted = f"one of the classes {', '.join(classes)}"
        raise toolbox.InputError(f"rare: wanted {wanted}, got {settings['rare']!r}")
    return settings["rare"]


def one_draw(crops: dict[str, np.ndarray], settings: dict[str, Any], d: int) -> dict[str, Any]:
    """Return one draw: the training half alternates, the rare training crops are drawn anew."""
    rare = rare_class(crops, settings)
    training_half = crops["halves"] == d % 2
    is_rare = crops["labels"] == rare
    of_rare = np.flatnonzero(training_half & is_rare)
    if len(of_rare) < 2 * settings["rare_crops"]:
        wanted = f"photographs with at least {2 * settings['rare_crops']} crops a half"
        raise toolbox.InputError(f"images: wanted {wanted}, got {len(of_rare)} of class {rare!r}")
    order = generator(settings["seed"], "rare crops", d).permutation(of_rare)
    kept, held_out = order[: settings["rare_crops"]], order[settings["rare_crops"] :]
    common, test = np.flatnonzero(training_half & ~is_rare), np.flatnonzero(~training_half)
    return {
        "seed": integer(settings["seed"], "draw", d),
        "rare_name": rare,
        "rare": crops["values"][kept],
        "rare_families": kept,
        "rare_units": crops["units"][kept],
        "held_out": crops["values"][held_out],
        "other_half": crops["values"][~training_half & is_rare],
        "other_half_units": crops["units"][~training_half & is_rare],
        "common": crops["values"][common],
        "common_labels": crops["labels"][common],
        "common_families": common,
        "test": crops["values"][test],
        "test_labels": crops["labels"][test],
        "test_families": test,
        "test_units": crops["units"][test],
    }


# ------------------------------------------------------------------- synthesis and its quality


def synthesise(task: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Synthesise rare crops from the rare training crops alone, measure and gate them."""
    seed, n = task["seed"], settings["candidates"]
    options = {"dim": 2, "n": n, "seed": seed}
    iterations = settings["iterations"]
    made = {
        "synthesis": synthesis.wavelet_synthesis(
            task["rare"], **options, iterations=iterations, progress=False
        ),
        "phase": synthesis.phase_randomised(task["rare"], **options),
    }
    known = descriptions(task, made)
    rare, held_out, other_half = (known[name] for name in ("rare", "held_out", "other_half"))
    result: dict[str, Any] = {}
    for name, children in made.items():
        gate = synthesis.gate(
            known[name],
            rare,
            majority=known["common"],
            majority_labels=task["common_labels"],
            alpha=settings["alpha"],
            parents=children.parents,
            dim=2,
        )
        # Crops as items: a description, read against what the other half's real crops give.
        quality = synthesis.quality(known[name], held_out, baseline=other_half, dim=2, seed=seed)
        # A p-value needs independent units: photographs' halves, against the other halves.
        tested = synthesis.quality(
            known[name],
            other_half,
            units=task["rare_units"][children.parents],
            reference_units=task["other_half_units"],
            dim=2,
            seed=seed,
        )
        result |= {
            f"{name}/samples": children.samples,
            f"{name}/parents": children.parents,
            f"{name}/accepted": gate.accepted,
            f"{name}/p_values": gate.p_values,
            f"{name}/gate_note": gate.note,
            f"{name}/expected_contamination": gate.expected_contamination,
            f"{name}/index": quality.index,
            f"{name}/p_value": tested.p_value,
            f"{name}/p_value_note": tested.note,
        }
    real = synthesis.quality(rare, held_out, dim=2, seed=seed)
    return result | {"real/index": real.index, "other half/index": quality.baseline_index}


def descriptions(
    task: dict[str, Any], made: dict[str, synthesis.Synthesis]
) -> dict[str, toolbox.Description]:
    """Describe a draw's real crops and children together: each number of items is compiled for."""
    sets = {name: task[name] for name in ("rare", "held_out", "other_half", "common")}
    sets |= {name: children.samples for name, children in made.items()}
    every = toolbox.describe(np.concatenate(list(sets.values())), dim=2)
    ends = np.cumsum([len(values) for values in sets.values()])[:-1]
    rows = np.split(every.values, ends)
    return {name: replace(every, values=own) for name, own in zip(sets, rows, strict=True)}


# --------------------------------------------------------------------------------- the training


def train(
    arm: str, task: dict[str, Any], made: dict[str, Any], settings: dict[str, Any]
) -> dict[str, Any]:
    """Train the ensemble of one arm from scratch; return its votes on the test crops."""
    children, parents = children_of(arm, made)
    x = np.concatenate([task["common"], task["rare"], children])
    rare = np.repeat(task["rare_name"], len(task["rare"]) + len(children))
    y = np.concatenate([task["common_labels"], rare])
    families = np.concatenate(
        [
            task["common_families"],
            task["rare_families"],
            task["rare_families"][parents],
            task["test_families"],
        ]
    )
    sides = np.split(np.arange(len(families)), [len(x)])
    toolbox.check_split(families, sides)
    ensemble = confidence.ensemble(
        x,
        y,
        dim=2,
        members=settings["members"],
        steps=settings["steps"],
        seed=task["seed"],
        weights=None if arm == "nothing" else "balanced",
        flips=True,
        progress=False,
    )
    votes = ensemble.votes(task["test"])
    truth = np.searchsorted(ensemble.classes, task["test_labels"])
    assessed = confidence.assess(votes, truth, redrawn=ensemble.runs.redrawn)
    calibration = confidence.reliability(assessed.mean, truth, seed=task["seed"])
    recalls = [np.mean(assessed.prediction[truth == c] == c) for c in range(len(ensemble.classes))]
    return {
        "children": len(children),
        "probability": assessed.mean,
        "standard_error": assessed.standard_error,
        "truth": truth,
        "balanced_accuracy": np.mean(recalls),
        "rare_recall": recalls[list(ensemble.classes).index(task["rare_name"])],
        "ece": calibration.ece,
        "ece_null": calibration.null,
        "nll": confidence.nll(assessed.mean, truth).value,
        "brier": confidence.brier(assessed.mean, truth).value,
    }


def children_of(arm: str, made: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return the synthetic crops that an arm adds, and their parents."""
    name = "phase" if arm.startswith("phase") else "synthesis"
    keep = np.zeros(len(made[f"{name}/samples"]), dtype=bool)
    if arm.endswith("ungated"):
        keep[:] = True
    elif arm.endswith("gated"):
        keep = made[f"{name}/accepted"]
    return made[f"{name}/samples"][keep], made[f"{name}/parents"][keep]


# ------------------------------------------------------------------------------- the comparison


def compare(task: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Compare the test crops by evidence and by a Siamese network trained on training crops."""
    seed = task["seed"]
    families = ("spectrum", "wavelet", "whitened")
    found = [similarity.evidence(task["test"], dim=2, family=f, seed=seed) for f in families]
    pooled = similarity.pool(found)
    x = np.concatenate([task["common"], task["rare"]])
    y = np.concatenate([task["common_labels"], np.repeat(task["rare_name"], len(task["rare"]))])
    network = similarity.siamese(
        x, dim=2, labels=y, seed=seed, steps=settings["siamese_steps"], progress=False
    )
    embedded = network.embed(task["test"])
    cosine = embedded @ embedded.T
    pixels = task["test"].reshape(len(task["test"]), -1)
    pixels = (pixels - pixels.mean(axis=1, keepdims=True)) / pixels.std(axis=1, keepdims=True)
    distances = {
        "pixels": -(pixels @ pixels.T) / pixels.shape[1],
        **{e.family: -e.scores for e in found},
        "pooled evidence": -pooled.scores,
        "Siamese network": 1 - cosine,
    }
    result = {"log_odds": pooled.scores, "cosine": cosine, "names": list(distances)}
    for i, matrix in enumerate(distances.values()):
        scores = similarity.retrieval_scores(matrix, task["test_labels"], seed=seed)
        for score in ("p_at_1", "map_at_r"):
            low_high = getattr(scores, f"{score}_interval")
            result[f"{score}/{i}"] = np.array([getattr(scores, score), *low_high])
    return result
