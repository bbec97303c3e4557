"""A note travels: what is computed from a record repeats what made it doubtful.

Every argument of a public function that is a record with a note, or a list of such, is given one
more doubt. The result's note must tell it, or the table says why there is none to tell it in.
"""

from dataclasses import fields, replace

import numpy as np
import pytest

from tests.calls.calls import calls
from tests.calls.results import parts
from tests.calls.valid_values import an_evidence
from toolbox.core.records import is_record

CALLS = calls()
DOUBT = "a doubt of its own"
# Results that are plain arrays or numbers, or the questions of a next step: they have no note.
WITHOUT_NOTE = {
    "confidence.apply_temperature",
    "confidence.predict_series_votes",
    "confidence.predict_votes",
    "labelling.adapted_votes",
    "labelling.choose_pairs",
    "labelling.equivariance_error",
    "labelling.pixel_sets",
    "labelling.segment_votes",
    "similarity.answer_questions",
    "similarity.embed",
    "similarity.embed_images",
    "similarity.embed_texts",
    "similarity.question_features",
    "similarity.retrieve",
    "similarity.siamese_log_odds",
    "similarity.siamese_same",
    "similarity.zero_shot",
}
# Arrays, in the table of calls, for which a record may stand.
INSTEAD = [
    ("labelling.choose_pairs", "evidence", {}),
    ("labelling.settle_pairs", "evidence", {}),
    ("labelling.settle_pairs", "evidence", {"error": 0.0}),
    ("similarity.cluster", "evidence", {}),
    ("similarity.clusterable_pairs", "evidence", {"labels": np.repeat([0, 1], 3)}),
    ("similarity.retrieve", "queries", {"database": None}),
    ("similarity.same_probability", "evidence", {"pairs": None}),
    ("similarity.same_probability", "evidence", {}),
]


def doubted(value):
    """Return a record, or a list of them, with one more doubt; None for all else."""
    if isinstance(value, list | tuple) and value:
        each = [doubted(v) for v in value]
        return None if any(v is None for v in each) else each
    if not is_record(value) or "note" not in {f.name for f in fields(value)}:
        return None
    told = {"note": "; ".join(filter(None, (value.note, DOUBT)))}
    if hasattr(value, "analysis"):  # that keeps its notes one by one
        notes = (*value.analysis.notes, DOUBT)
        told["analysis"] = replace(value.analysis, notes=notes)
    return replace(value, **told)


def plain(name):
    return {key: value for key, (_, value) in CALLS[name][1].items()}


CASES = [
    (name, argument, {})
    for name, (_, arguments) in CALLS.items()
    for argument, valid in arguments.items()
    if valid.kind == "made"
] + INSTEAD


@pytest.mark.filterwarnings("ignore::UserWarning")  # a calibration that new items are not like
@pytest.mark.parametrize(("name", "argument", "changed"), CASES)
def test_the_result_tells_what_its_argument_doubted(name, argument, changed):
    given = plain(name)[argument]
    given = an_evidence() if isinstance(given, np.ndarray) else given
    if doubted(given) is None:  # nothing to tell
        assert not hasattr(given, "note")
        return
    result = CALLS[name][0](**plain(name) | changed | {argument: doubted(given)})
    told = [v for part, v in parts(result).items() if part.split(".")[-1] == "note"]
    if name in WITHOUT_NOTE:
        assert not told
    else:
        assert any(DOUBT in note for note in told), told


def test_all_records_of_the_table_are_made_when_they_are_asked_for():
    """What is given at once has no note: else it would not be tried above."""
    for _, arguments in CALLS.values():
        given = [valid.value for valid in arguments.values() if valid.kind == "given"]
        assert all(doubted(value) is None for value in given)


def test_the_table_names_what_is_tried():
    tried = {name for name, argument, _ in CASES if doubted(plain(name)[argument]) is not None}
    assert tried | {name for name, _, _ in INSTEAD} >= WITHOUT_NOTE
