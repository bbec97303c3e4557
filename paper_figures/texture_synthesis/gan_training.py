"""How well GANs learn multifractal textures, how reproducibly, and whether their losses say so.

The questions are those of "Multivariate multifractal texture DCGAN synthesis: How well does it
work? How does one know?" (Journal of Signal Processing Systems, 2022); every parameter is ours.
DCGANs are trained from scratch again and again on fields of two components with known cross-
statistics; all of them are reported, not the best.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from tqdm import tqdm

import synthesis
import toolbox
from paper_figures.runner.figure import ROOT
from paper_figures.texture_synthesis.gan_training_numbers import (
    ABOUT,
    claims,
    numbers,
    table,
    verdict,
)
from paper_figures.texture_synthesis.gan_training_panels import draw
from toolbox.retraining.streams import integer

__all__ = ["SETTINGS", "claims", "compute", "draw", "numbers", "parts", "table", "verdict"]

QUICK = {
    "mode": "quick",
    "size": 32,
    "fields": 512,  # trained on
    "reference": 64,  # held out, and samples drawn from each training
    "architectures": [[4, 1], [8, 1], [4, 2], [8, 2]],  # filters of the finest layer, depth
    "trainings": 6,  # of each
    "epochs": 8,
    "batch": 16,
    "latent": 32,
    "learning_rate": 2e-3,
    "law": {
        "hurst": [0.5, 0.7],
        "intermittency": [0.04, 0.02],
        "noise_correlation": 0.4,
        "multifractal_correlation": 0.6,
    },
    "declared": "discriminator_accuracy",  # before any training was looked at
    "controls": 20,  # pairs of sets of the model itself
    "resamples": 99,
    "store": "",
    "seed": 0,
}
FULL = {
    "mode": "full",
    "size": 64,
    "fields": 8192,
    "reference": 256,
    "architectures": [[8, 1], [16, 1], [32, 1], [64, 1], [16, 2], [32, 2]],
    "trainings": 20,
    "epochs": 60,
    "batch": 64,
    "latent": 100,
    "learning_rate": 2e-4,
    "controls": 100,
    "resamples": 999,
    "store": "paper_figures/cache/gan_training/trainings",  # of hours: kept one by one
}
TINY = {
    "mode": "tiny",
    "fields": 48,
    "reference": 12,
    "architectures": [[2, 1], [3, 1]],
    "trainings": 4,
    "epochs": 4,
    "controls": 20,
    "resamples": 39,
}
SETTINGS = {"quick": QUICK, "full": QUICK | FULL, "tiny": QUICK | TINY}


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the indices of every training, an architecture one step, and those of the model."""
    kept: dict[str, list] = {}
    for filters, depth in tqdm(settings["architectures"], desc="GANs", disable=None):
        got = step(f"filters{filters}-depth{depth}", architecture, filters, depth, settings)
        for name, value in got.items():
            kept.setdefault(name, []).append(value)
    stacked = {name: np.stack(values) for name, values in kept.items() if name != "seconds"}
    stacked |= {name: stacked[name][0] for name in ("model", "model_spread", "statistic_names")}
    control = step("control", controls, settings)["index"]
    about = {name: settings[name] for name in ABOUT if name != "law"}
    law = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings["law"].items())
    about |= {"law": law, "architectures": np.array(settings["architectures"])}
    return stacked | about | {"control": control, "declared": settings["declared"]}


def parts(settings: dict[str, Any]) -> list[Callable[[Callable[..., dict[str, Any]]], Any]]:
    """Return what may be computed at the same time: every architecture; the last are largest."""

    def of_one(filters: int, depth: int, step: Callable[..., dict[str, Any]]) -> Any:
        return step(f"filters{filters}-depth{depth}", architecture, filters, depth, settings)

    return [partial(of_one, *architecture) for architecture in reversed(settings["architectures"])]


def drawn(n: int, settings: dict[str, Any], *name: str | int) -> np.ndarray:
    """Return n fields of the model, from a stream of their own."""
    seed = integer(settings["seed"], "gan_training", *name)
    shape = (settings["size"],) * 2
    return toolbox.multivariate_field(shape, n=n, seed=seed, **settings["law"]).values.astype(
        np.float32
    )


def architecture(filters: int, depth: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train one architecture from scratch again and again, and measure every training."""
    own = {name: settings[name] for name in ("epochs", "batch", "latent", "learning_rate")}
    options: dict[str, Any] = {"progress": False}
    if settings["store"]:  # what a killed run goes on from
        store = ROOT / settings["store"]
        store.parent.mkdir(parents=True, exist_ok=True)
        options |= {"store": store, "engine": "processes", "workers": min(4, os.cpu_count())}
    runs = toolbox.retrain(
        synthesis.gan_member(filters=filters, depth=depth, **own),
        {"fields": drawn(settings["fields"], settings, "fields")},
        members=settings["trainings"],
        seed=integer(settings["seed"], "gan_training", filters, depth),
        **options,
    )
    report = synthesis.gan_reproducibility(
        runs,
        drawn(settings["reference"], settings, "reference"),
        seed=settings["seed"],
        declared=settings["declared"],
        resamples=settings["resamples"],
    )
    names = ("index", "p_value", "spread_ratio", "diverged")
    curves = report.curves
    return {name: getattr(report, name) for name in names} | {
        "training_indices": report.a_priori.training_indices,
        "statistics": curves.statistics,
        "model": curves.model,
        "model_spread": curves.model_spread,
        "statistic_names": np.array(curves.statistic_names),
    }


def controls(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the index of sets of the model against other sets of the model."""
    n, found = settings["reference"], []
    for k in range(settings["controls"]):
        both = drawn(2 * n, settings, "control", k)
        made = synthesis.quality(both[:n], both[n:], dim=2, seed=k, resamples=1)
        found.append(made.index)
    return {"index": np.array(found)}
