"""What the paper challenge found: P@1 a level of resemblance, singles as outliers, in words."""

from typing import Any

import numpy as np
from scipy.stats import rankdata

import similarity
from paper_figures.texture_similarity.twins_scores import FAMILIES, ORACLE, POOLED

METHODS = (*FAMILIES, POOLED, ORACLE)
LEVELS = {"sheet": "same sheet", "package": "same package", "maker": "same maker"}
NEAREST = 3  # items whose mean scores say how much of an outlier an item is


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return P@1 a level and the AUC of the singles, of each method and draw."""
    found: dict[str, Any] = {"draws": len(results["labels"]), "methods": {}}
    labels, levels = results["labels"], results["levels"]
    for method in methods(results):
        rows = [protocol(*draw) for draw in zip(results[method], labels, levels, strict=True)]
        found["methods"][method] = {name: [row[name] for row in rows] for name in rows[0]}
    found["levels"], found["source"] = present(levels[0]), str(results["source"])
    found["items"], found["groups"] = int(labels.shape[1]), int((levels[0] != "single").sum())
    return found


def protocol(scores: np.ndarray, labels: np.ndarray, levels: np.ndarray) -> dict[str, float]:
    """Return P@1 and MAP@R of each level's queries, and the AUC of singles as outliers."""
    scored = similarity.retrieval_scores(-scores, labels, seed=0, resamples=0)
    result = {}
    for level in present(levels):
        mine = levels[scored.queries] == level
        result[level] = float(scored.query_scores[mine, 0].mean())
        result[f"{level}, MAP@R"] = float(scored.query_scores[mine, 2].mean())
    single = levels == "single"
    return result | ({"singles": auc(outlyingness(scores), single)} if single.any() else {})


def outlyingness(scores: np.ndarray) -> np.ndarray:
    """Return minus the mean score of each item with its nearest."""
    off = np.where(np.eye(len(scores), dtype=bool), -np.inf, scores)
    return -np.sort(off, axis=1)[:, -NEAREST:].mean(axis=1)


def auc(score: np.ndarray, positive: np.ndarray) -> float:
    """Return the probability that a positive scores higher than another, ties one half."""
    m = positive.sum()
    return float((rankdata(score)[positive].mean() - (m + 1) / 2) / (len(score) - m))


def mean(found: dict[str, Any], method: str, name: str) -> float:
    """Return a score's mean over draws."""
    return float(np.mean(found["methods"][method][name]))


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so; of real papers nothing is claimed."""
    if found["source"] == "real":
        return {}
    by_level = {m: [mean(found, m, level) for level in LEVELS] for m in (POOLED, ORACLE)}
    return {
        "the closer the relation, the better the oracle finds it": (
            by_level[ORACLE] == sorted(by_level[ORACLE], reverse=True)
        ),
        "pooled evidence finds a sheet more often than a maker": (
            by_level[POOLED][0] >= by_level[POOLED][2]
        ),
        "pooled evidence tells singles from members better than chance": bool(
            mean(found, POOLED, "singles") > 0.5
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what pooled evidence finds without labels."""

    def levels(method: str) -> str:
        return ", ".join(f"{mean(found, method, k):.2f}" for k in found["levels"])

    if found["source"] == "real":
        asked = ", ".join(LEVELS[level] for level in found["levels"])
        text = (
            f"Blind to the groups, pooled evidence finds {levels(POOLED)} of the nearest relatives "
            f"({asked})"
        )
        if "singles" not in found["methods"][POOLED]:
            return text
        return f"{text};\nsingles stand out with an AUC of {mean(found, POOLED, 'singles'):.2f}"
    return (
        f"Blind to the groups, pooled evidence finds {levels(POOLED)} of the nearest relatives "
        f"(one sheet, one package, one maker; oracle {levels(ORACLE)});\nsingles stand out with "
        f"an AUC of {mean(found, POOLED, 'singles'):.2f} (oracle "
        f"{mean(found, ORACLE, 'singles'):.2f})"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    columns = [c for c in (*LEVELS, "singles") if c in found["methods"][POOLED]]
    lines = [f"{'method':12}" + "".join(f"{c:>10}" for c in columns) + "   (P@1; AUC of singles)"]
    for method in found["methods"]:
        cells = [f"{mean(found, method, c):10.2f}" for c in columns]
        lines.append(f"{method:12}" + "".join(cells))
    return "\n".join([*lines, "", verdict(found)])


def methods(found: dict[str, Any]) -> list[str]:
    """Return the methods that were run: no oracle knows the law of real papers."""
    return [method for method in METHODS if method in found]


def present(levels: np.ndarray) -> list[str]:
    """Return the levels of resemblance that there are, the closest first."""
    return [level for level in LEVELS if (levels == level).any()]
