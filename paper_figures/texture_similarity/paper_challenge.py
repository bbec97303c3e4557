"""The photographic-paper challenge on its synthetic twin: affinities, levels and outliers.

Nine groups of ten (three of one sheet, three of one package, three of one maker) and thirty
singles, as in Johnson et al. (2014); the evidence is blind to the groups. With `--images FOLDER`
the same protocol on real papers (`folder_of_papers` says how the folder is laid out).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

import similarity
import toolbox
from paper_figures.texture_similarity.paper_challenge_numbers import (
    METHODS,
    claims,
    numbers,
    table,
    verdict,
)
from paper_figures.texture_similarity.paper_challenge_panels import TONES, draw_panels
from paper_figures.texture_similarity.twins_scores import ORACLE, POOLED
from toolbox import InputError
from toolbox.retraining.streams import integer

__all__ = ["SETTINGS", "claims", "compute", "draw", "numbers", "table", "verdict"]

LEVELS = ("sheet", "package", "maker", "single")
FEWEST = 4  # papers: what evidence needs
QUICK = {
    "mode": "quick",
    "draws": 1,
    "items": 10,
    "size": 96,
    "images": "",  # a folder of real papers; empty: synthetic ones
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "draws": 20, "size": 128},
    "tiny": QUICK | {"mode": "tiny", "draws": 1, "items": 4, "size": 32},
}


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the scores of every method on every draw, and the first draw's images."""
    results: dict[str, Any] = {"mode": settings["mode"], "size": settings["size"]}
    results["source"] = "real" if settings["images"] else "synthetic"
    kept: dict[str, list] = {}
    draws = 1 if settings["images"] else settings["draws"]
    for d in tqdm(range(draws), desc="papers", disable=None):
        found = step(f"draw{d}", one_draw, d, settings)
        for name in (*METHODS, "labels", "levels"):
            if name in found:
                kept.setdefault(name, []).append(found[name])
        if d == 0:
            results |= {name: found[name] for name in ("examples", "example_levels")}
    return results | {name: np.array(values) for name, values in kept.items()}


def one_draw(d: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return scores of all pairs of one challenge, the labels and the levels."""
    seed = integer(settings["seed"], "challenge", d)
    papers = challenge(settings, seed)
    found = similarity.every_evidence(papers["values"], dim=2, seed=seed)
    chosen = examples_of(papers["levels"])
    examples = papers["values"][chosen]
    shown = examples - examples.mean(axis=(1, 2), keepdims=True)
    return {
        **{e.family: e.scores for e in found},
        POOLED: similarity.pool(found).scores,
        **{name: value for name, value in papers.items() if name != "values"},
        "examples": shown / shown.std(axis=(1, 2), keepdims=True),
        "example_levels": papers["levels"][chosen],
    }


def challenge(settings: dict[str, Any], seed: int) -> dict[str, np.ndarray]:
    """Return the papers, real or synthetic, their groups and levels; the oracle where known."""
    if settings["images"]:
        return folder_of_papers(settings["images"], settings["size"])
    papers = similarity.twins("papers", n=settings["items"], size=settings["size"], seed=seed)
    oracle = -papers.oracle_distances
    np.fill_diagonal(oracle, np.nan)
    values = papers.values.astype(np.float32)
    return {
        "values": values,
        "labels": papers.labels,
        "levels": papers.levels,
        ORACLE: oracle,
    }


def examples_of(levels: np.ndarray) -> np.ndarray:
    """Return the first four items of each level, and four singles."""
    return np.concatenate([np.flatnonzero(levels == level)[:4] for level in TONES])


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure."""
    found = numbers(results)
    return draw_panels(results, found, verdict(found))


def folder_of_papers(folder: str, size: int) -> dict[str, np.ndarray]:
    """Return the central squares of `size` pixels of every image, its group and its level.

    Sub-folders called ``sheet...``, ``package...`` and ``maker...`` (``sheet1``, ``sheet 2``, ...)
    hold the images of one group each; every image in ``single...`` is a paper of its own.
    """
    loaded = toolbox.load(folder)
    if not len(loaded.labels):
        raise InputError(f"images: wanted sub-folders of images, one a group, got {folder!r}")
    levels = np.array([level(name) for name in loaded.labels.tolist()])
    squares = [
        central_square(image, size, name)
        for image, name in zip(loaded.values, loaded.names, strict=True)
    ]
    if len(squares) < FEWEST:
        raise InputError(f"images: wanted at least {FEWEST} papers, got {len(squares)}")
    group = np.unique(loaded.labels, return_inverse=True)[1]
    single = levels == "single"
    group[single] = group.max() + 1 + np.arange(single.sum())
    if single.all() or max(np.bincount(group)) < 2:
        raise InputError("images: wanted at least two papers in one group, got singles only")
    # Groups of a level side by side, the closest relatives first, singles last.
    order = np.lexsort((group, [LEVELS.index(found) for found in levels]))
    values = np.stack(squares)[order]
    return {"values": values, "labels": group[order], "levels": levels[order]}


def level(name: str) -> str:
    """Return the level that a sub-folder's name begins with."""
    for found in LEVELS:
        if name.lower().startswith(found):
            return found
    wanted = f"sub-folders whose names begin with {', '.join(LEVELS)}"
    raise InputError(f"images: wanted {wanted}, got {name!r}")


def central_square(image: np.ndarray, size: int, name: str) -> np.ndarray:
    """Return the centre of a grey or colour (components first) image, in grey."""
    grey = image if image.ndim == 2 else image.mean(axis=0)
    if min(grey.shape) < size:
        wanted = f"images of at least {size} pixels an axis (or another --size)"
        raise InputError(f"images: wanted {wanted}, got {grey.shape} in {name!r}")
    top, left = ((n - size) // 2 for n in grey.shape)
    return grey[top : top + size, left : left + size].astype(np.float32)
