"""What the rows of a campaign's ledger say, and what a model says that is trained on them."""

from typing import NamedTuple

import numpy as np

from labelling.answers_ledger.class_posteriors import Said, what_was_said
from labelling.answers_ledger.combined_answers import Answers, answers
from labelling.answers_ledger.event_rows import TYPES
from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.partial_answers import SURE, same_table
from labelling.answers_ledger.telling import effective
from labelling.experts.answer_model import answer_votes
from toolbox.resampling.near_ties import first_of_largest

PARTIAL = ("not", "set", "pair")  # answers that do not say an item's class


class Known(NamedTuple):
    """What a ledger says at some row.

    Asked about are the items whose class was told, or of which the expert cannot tell; votes are
    probabilities of classes given all answers, None before there are two classes.
    """

    labels: np.ndarray
    asked: np.ndarray
    votes: np.ndarray | None
    predicted: np.ndarray
    excluded: np.ndarray
    pairs: np.ndarray


def known(
    x: np.ndarray, book: Ledger, rows: int, names: np.ndarray, confusion: np.ndarray
) -> Known:
    """Return what the first `rows` rows say, and what a model says that is trained on them."""
    early = Ledger(**{name: getattr(book, name)[:rows] for name in TYPES}, chain="")
    told = answers(early, n=len(x), classes=names)
    asked = (told.labels >= 0) | (told.cannot_tell > 0)
    said = _said(early, told, confusion)
    votes = answer_votes(x, said)
    predicted = told.labels
    if votes is not None:
        votes = said.posterior(votes)
        predicted = np.where(told.labels >= 0, told.labels, first_of_largest(votes))
    return Known(told.labels, asked, votes, predicted, told.excluded, told.pairs)


def _said(book: Ledger, told: Answers, confusion: np.ndarray) -> Said:
    """Return what all answers say; sure labels alone are read from the labels, which is faster."""
    partial = np.isin(book.kind, PARTIAL) & effective(book)
    if partial.any() or np.diag(confusion).min() < 1:
        names = told.classes.tolist()
        return what_was_said(book, len(told.labels), names, confusion)
    single = np.zeros((len(told.labels), len(told.classes)))
    items = np.flatnonzero(told.labels >= 0)
    single[items] = np.log(SURE)
    single[items, told.labels[items]] = np.log1p(-SURE)
    return Said(single, same_table(confusion))


def answered_since(book: Ledger, row: int) -> np.ndarray:
    """Return the items about which there is an answer that counts after a row."""
    late = effective(book) & (np.arange(len(book.key)) > row) & (book.others < 0)
    return book.items[late & np.isin(book.kind, ("label", "not", "cannot_tell"))]
