"""Networks that name the crop of a field from a year of satellite images, for the public's page."""

import json
import time
from base64 import b64encode
from dataclasses import replace
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from confidence import SeriesEnsemble, classify_series
from grainwise.demonstration.field_map import field_map
from toolbox import Phenology, phenology

FIELDS = 30  # on the map, and not among those of the training
TRAINING = 720  # fields, 120 a crop: few enough that the networks are not always right
DATES = np.arange(12, 365, 14)
CLOUDS, NOISE, JITTER = 0.4, 0.009, 10.0  # seasons drift, so that crops are hard to tell apart
MAP_WIDTH = 1.16  # in heights
QUESTIONS = 8  # of the game
# In the order of the parameters that the page's program reads.
ORDER = ("filters_0", "bias_0", "filters_1", "bias_1", "dense_0", "offset_0", "dense_1", "offset_1")


class Demonstration(NamedTuple):
    """What the page shows: the networks, and fields that none was trained on."""

    networks: SeriesEnsemble
    fields: Phenology
    shapes: list[np.ndarray]
    questions: list[int]
    seconds: float


def satellite_demonstration(*, members: int, seed: int, progress: bool = True) -> Demonstration:
    """Simulate fields and train the networks; seconds on one core."""
    drawn = phenology(
        n=TRAINING + FIELDS, dates=DATES, clouds=CLOUDS, noise=NOISE, jitter=JITTER, seed=seed
    )
    began = time.perf_counter()
    networks = classify_series(
        drawn.values[:TRAINING],
        drawn.labels[:TRAINING],
        clear=drawn.clear[:TRAINING],
        dates=drawn.dates,
        members=members,
        network="tempcnn",
        seed=seed,
        progress=progress,
    )
    return Demonstration(
        networks=networks,
        fields=_scattered(drawn, seed),
        shapes=field_map(FIELDS, width=MAP_WIDTH, seed=seed),
        questions=_questions(seed),
        seconds=time.perf_counter() - began,
    )


def satellite_page(shown: Demonstration) -> str:
    """Return the page: one file that asks for nothing elsewhere."""
    folder = files("grainwise.demonstration")
    page = (folder / "satellite.html").read_text(encoding="utf-8")
    data = json.dumps(page_data(shown), separators=(",", ":")).replace("<", "\\u003c")
    parts = {
        "STYLE": (folder / "satellite.css").read_text(encoding="utf-8"),
        "TEXTS": (folder / "satellite_texts.json").read_text(encoding="utf-8"),
        "DATA": data,
        "NETWORK": (folder / "temporal_convolutions.js").read_text(encoding="utf-8"),
        "PROGRAM": (folder / "satellite.js").read_text(encoding="utf-8"),
    }
    for name, text in parts.items():
        page = page.replace(f"/*{name}*/", text)
    return page


def page_data(shown: Demonstration) -> dict[str, Any]:
    """Return what the page's program reads: numbers in base 64 where they are many."""
    networks, fields = shown.networks, shown.fields
    outputs = networks.runs.outputs
    kept = ~networks.runs.diverged
    members = int(kept.sum())
    weights = [outputs[name][kept].reshape(members, -1) for name in ORDER]
    return {
        "members": members,
        "seconds": round(shown.seconds, 1),
        "training": TRAINING,
        "crops": list(fields.classes),
        "bands": list(fields.bands),
        "dates": fields.dates.tolist(),
        "sizes": {name: list(outputs[name].shape[1:]) for name in ORDER},
        "weights": numbers(np.concatenate(weights, axis=1)),
        "centre": networks.centre.tolist(),
        "scale": networks.scale.tolist(),
        "baseline": networks.baseline.tolist(),
        "values": numbers(fields.values),
        "clear": fields.clear.astype(int).tolist(),
        "labels": fields.labels.tolist(),
        "shapes": [np.round(shape * 1000).astype(int).tolist() for shape in shown.shapes],
        "map": [round(1000 * MAP_WIDTH), 1000],
        "questions": shown.questions,
    }


def numbers(array: np.ndarray) -> str:
    """Return an array as base 64 of float32 in little-endian order."""
    return b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode("ascii")


def _scattered(drawn: Phenology, seed: int) -> Phenology:
    """Return the fields of the map, their crops scattered over it: they were drawn in turn."""
    shown = TRAINING + np.random.Generator(np.random.Philox(seed)).permutation(FIELDS)
    items = ("values", "clear", "labels", "units", "posterior", "contributions")
    return replace(drawn, **{name: getattr(drawn, name)[shown] for name in items})


def _questions(seed: int) -> list[int]:
    rng = np.random.Generator(np.random.Philox(seed + 1))
    return rng.choice(FIELDS, QUESTIONS, replace=False).tolist()
