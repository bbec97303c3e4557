"""Every number that the rare-class study quotes, its verdict in words, and its table."""

from math import inf
from typing import Any

import numpy as np

from paper_figures.runner.intervals import interval

ARMS = (
    "nothing",
    "class weights",
    "phase-randomised, ungated",
    "synthesis, ungated",
    "synthesis, gated",
)

SHARE, POSITIVE = (0, 1), (0, inf)
SCORES = {
    "balanced_accuracy": SHARE,
    "rare_recall": SHARE,
    "ece": SHARE,
    "ece_null": SHARE,
    "nll": POSITIVE,
    "brier": (0, 2),
    "children": POSITIVE,
}


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return every number that the figure and the text quote, with its interval over draws."""
    draws = sum(name.endswith("arm0/children") for name in results)
    per_arm = {arm: arm_numbers(results, a, draws) for a, arm in enumerate(ARMS)}
    per_draw = {
        name: [results[f"draw{d}/{name}"] for d in range(draws)]
        for name in ("synthesis/index", "phase/index", "real/index", "other half/index")
    }
    kept = {
        name: [float(np.mean(results[f"draw{d}/{name}/accepted"])) for d in range(draws)]
        for name in ("synthesis", "phase")
    }
    names = [str(name) for name in results["similarity/names"]]
    gated = "draw0/arm4/"
    common, counts = np.unique(results["common_labels"], return_counts=True)
    training = {str(results["rare_name"]): len(results["rare_crops"])}
    training |= dict(zip(map(str, common), counts.tolist(), strict=True))
    return {
        "own_images": bool(results["own_images"]),
        "alpha": float(results["alpha"]),
        "training_crops": training,
        "test_crops_in_all": len(results["test_labels"]),
        "arms": per_arm,
        "quality_index": {name.split("/")[0]: interval(v) for name, v in per_draw.items()},
        "share_kept_by_the_gate": {n: interval(values, SHARE) for n, values in kept.items()},
        "against_the_other_half": {
            name: {
                "p_values": [results[f"draw{d}/{name}/p_value"] for d in range(draws)],
                "note": results[f"draw0/{name}/p_value_note"],
            }
            for name in kept
        },
        "chance": chance(results["test_labels"]),
        "similarity": {
            name: {
                score: dict(zip(("value", "low", "high"), map(float, results[key]), strict=True))
                for score in ("p_at_1", "map_at_r")
                for key in [f"similarity/{score}/{i}"]
            }
            for i, name in enumerate(names)
        },
        "test_crops": {
            "classes": [str(c) for c in results["classes"]],
            "truth": results[gated + "truth"].tolist(),
            "unit": [str(u) for u in results["test_units"]],
            "probability": results[gated + "probability"].round(5).tolist(),
            "standard_error": results[gated + "standard_error"].round(5).tolist(),
        },
    }


def arm_numbers(results: dict[str, Any], a: int, draws: int) -> dict[str, Any]:
    """Return one arm's scores, and its gain in balanced accuracy over two other arms, paired."""

    def over_draws(name: str, arm: int = a) -> list[float]:
        return [float(results[f"draw{d}/arm{arm}/{name}"]) for d in range(draws)]

    def gain_over(other: str) -> dict[str, Any]:
        baseline = over_draws("balanced_accuracy", arm=ARMS.index(other))
        gains = np.subtract(over_draws("balanced_accuracy"), baseline).tolist()
        return interval(gains, (-1, 1))

    return {name: interval(over_draws(name), bounds) for name, bounds in SCORES.items()} | {
        "gain_over_class_weights": gain_over("class weights"),
        "gain_over_ungated": gain_over("synthesis, ungated"),
    }


def chance(labels: np.ndarray) -> float:
    """Return the P@1 of a random order."""
    same = [np.sum(labels == label) - 1 for label in labels]
    return float(np.mean(same) / (len(labels) - 1))


def verdict(found: dict[str, Any]) -> str:
    """Say in two lines whether gated synthesis beat class weights, and what the gate was worth."""
    gated = found["arms"]["synthesis, gated"]
    draws = len(gated["children"]["draws"])
    return (
        f"Gated synthesis {compared(gated['gain_over_class_weights'], 'class weights')}\n"
        f"and {compared(gated['gain_over_ungated'], 'the same synthesis ungated')}: "
        f"{draws} draws, these photographs"
    )


def compared(gain: dict[str, Any], other: str) -> str:
    """Say in words how a gain in balanced accuracy with its interval compares with nothing."""
    if gain["low"] > 0:
        words = "beats"
    elif gain["high"] < 0:
        words = "does worse than"
    else:
        words = "is not shown to differ from"
    low, high = gain["low"], gain["high"]
    return f"{words} {other} (balanced accuracy {gain['value']:+.3f} [{low:+.3f}, {high:+.3f}])"


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims of the shipped photographs, and whether it is so."""
    if found["own_images"]:
        return {}
    arms, index, alike = found["arms"], found["quality_index"], found["similarity"]
    kept = found["share_kept_by_the_gate"]
    gain = arms["synthesis, gated"]["gain_over_class_weights"]
    apart = zip(index["synthesis"]["draws"], index["phase"]["draws"], strict=True)
    return {
        "gated synthesis beats class weights in balanced accuracy": gain["low"] > 0,
        "in every draw its index is under a tenth of the phase-randomised crops'": all(
            made < randomised / 10 for made, randomised in apart
        ),
        "the gate keeps most of the synthesis and nothing phase-randomised": (
            kept["synthesis"]["low"] > 0.5 and kept["phase"]["value"] == 0
        ),
        "pooled evidence finds a crop of the same class more often than pixels do": (
            alike["pooled evidence"]["p_at_1"]["low"] > alike["pixels"]["p_at_1"]["high"]
        ),
    }


def table(found: dict[str, Any]) -> str:
    """Return the study's table for a terminal."""

    def cell(value: dict[str, Any]) -> str:
        if np.isnan(value["low"]):
            return f"{value['value']:.3f} (every draw)"
        return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"

    counts = ", ".join(f"{n} {name}" for name, n in found["training_crops"].items())
    lines = [f"training crops of the first draw: {counts}; test: {found['test_crops_in_all']}", ""]
    lines += [f"{'training set':28}{'balanced accuracy':24}{'rare recall':24}{'ECE':24}{'NLL':24}"]
    for arm, scores in found["arms"].items():
        shown = ("balanced_accuracy", "rare_recall", "ece", "nll")
        lines.append(f"{arm:28}" + "".join(f"{cell(scores[s]):24}" for s in shown))
    lines += ["", f"{'rare crops':28}{'index (1 = as real ones)':27}{'kept by the gate':24}"]
    for name, index in found["quality_index"].items():
        kept = found["share_kept_by_the_gate"].get(name)
        lines.append(f"{name:28}{cell(index):27}{cell(kept) if kept else '':24}")
    tested = found["against_the_other_half"]["synthesis"]
    p_values = ", ".join(f"{p:.3f}" for p in tested["p_values"] if np.isfinite(p))
    lines.append(f"p-values of the synthesis: {p_values or 'none'} ({tested['note']})")
    lines += ["", f"{'similarity of test crops':28}{'P@1':24}{'MAP@R':24}"]
    for name, scores in found["similarity"].items():
        lines.append(f"{name:28}{cell(scores['p_at_1']):24}{cell(scores['map_at_r']):24}")
    lines += ["", verdict(found)]
    lines.append("Intervals: 95 %, over draws (similarity: over crops), given these photographs.")
    return "\n".join(lines)
