"""What counts items as independent takes their units, and says so where nobody gave any.

A public function whose result holds an interval or a p-value takes units, or stands in a table
below with what else is drawn there: a new function has to do the one or the other.
"""

import dataclasses
import inspect
from typing import get_type_hints

import numpy as np
import pytest

from tests.calls.arguments import TWELVE, noise
from tests.calls.calls import calls
from tests.calls.results import parts
from toolbox.core.units import ASSUMED

CALLS = calls()
INTERVALS = ("interval", "p_value", "standard_error")

BLOCKS = "blocks of one item's own samples"
MEMBERS = "members, that were drawn from named streams"
GIVEN = "it computes with records that carry the doubt in their notes"
# Functions with intervals or p-values and without units: what is drawn independently.
DRAWN = {
    "confidence.conformal_sets": "one item of every unit of the calibration, and the new items",
    "confidence.explain": MEMBERS,
    "confidence.sequential_stopping": MEMBERS,
    "confidence.variance_components": MEMBERS,
    "labelling.answers": "items that several experts labelled, of a ledger that knows no units",
    "labelling.continual_scores": MEMBERS,
    "similarity.capacity": MEMBERS,
    "similarity.clusterable": "items, as its note says",
    "similarity.clusterable_graph": "edges of the model",
    "similarity.clusterable_pairs": "items that share pairs",
    "toolbox.calibrate": BLOCKS,
    "toolbox.calibrate_cross": BLOCKS,
    "toolbox.cross_multifractal": BLOCKS,
    "toolbox.equality_test": GIVEN,
    "toolbox.monofractality_test": BLOCKS,
    "toolbox.multifractal": BLOCKS,
    "toolbox.scaling_test": BLOCKS,
    "toolbox.whittle_c2": BLOCKS,
}
# Functions that take units: why none of the notes says that every item was taken for its own.
SILENT = {
    "confidence.predict_series_votes": "averages over parcels, and counts none",
    "similarity.every_evidence": "no units say nothing of which pairs are the same",
    "similarity.evidence": "as every_evidence",
    "similarity.pool": "as every_evidence",
    "similarity.siamese": "its note says what counted as the same",
    "toolbox.describe": "keeps them for those who count",
}
# What only counts items when it is asked to in this way.
WHERE_IT_COUNTS = {
    "confidence.classify_series": {"redraw": ("resample",)},
    "confidence.ensemble": {  # of as many items as the folds of held_out_votes: compiled once
        "x": noise(6, 3),
        "y": TWELVE[::2],
        "units": np.arange(6),
        "weights": np.ones(6),
        "redraw": ("init", "order", "resample"),
    },
}


def arguments(name):
    plain = {key: value for key, (_, value) in CALLS[name][1].items()}
    return plain | WHERE_IT_COUNTS.get(name, {})


def of_units(name):
    return {key for key in inspect.signature(CALLS[name][0]).parameters if "units" in key}


def notes(result):
    return [v for part, v in parts(result).items() if part.split(".")[-1] == "note"]


TAKE = [name for name in CALLS if of_units(name) and name not in SILENT]


@pytest.mark.parametrize("name", TAKE)
def test_units_that_nobody_gave_are_said(name):
    given = arguments(name)
    named = {key for key in of_units(name) if key != "training_units"}  # these are only refused
    assert named <= set(given), "the table of calls gives no units"
    assert not any(ASSUMED in note for note in notes(CALLS[name][0](**given)))
    without = {key: value for key, value in given.items() if key not in named}
    assert any(ASSUMED in note for note in notes(CALLS[name][0](**without)))


def fields_of(result):
    """Return the names of the fields of a kind of record, and of the records that it holds."""
    if not dataclasses.is_dataclass(result):
        return []
    hints = get_type_hints(result)
    return [*hints, *(inner for kind in hints.values() for inner in fields_of(kind))]


@pytest.mark.parametrize("name", [name for name in CALLS if not of_units(name)])
def test_what_has_intervals_takes_units(name):
    fields = fields_of(get_type_hints(CALLS[name][0])["return"])
    found = [field for field in fields if any(i in field for i in INTERVALS)]
    assert bool(found) == (name in DRAWN), "of what? Units, or a line in the table"


def test_the_tables_name_what_exists():
    assert set(DRAWN) | set(SILENT) | set(WHERE_IT_COUNTS) <= set(CALLS)
    assert not any(of_units(name) for name in DRAWN)
    assert all(of_units(name) for name in SILENT)
