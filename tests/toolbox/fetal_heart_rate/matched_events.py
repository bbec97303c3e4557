"""How many events are found: F1 of a matching one to one of events that overlap."""

import numpy as np


def f1(truth, found, kind, least=0.3):
    """Return F1 of accelerations or decelerations; a pair overlaps by a share of its union."""
    hits = known = told = 0
    for item in range(len(truth.heart_rate)):
        spans = [spans_of(events, item, kind) for events in (truth, found)]
        hits += matched(*spans, least)
        known, told = known + len(spans[0]), told + len(spans[1])
    return 2 * hits / (known + told)


def spans_of(events, item, kind):
    is_kind = (events.kind == "acceleration") == (kind == "acceleration")
    picked = (events.item == item) & is_kind
    return np.column_stack([events.onset[picked], events.end[picked]])


def matched(a, b, least):
    """Return the size of the greedy matching by overlap over union."""
    if not len(a) or not len(b):
        return 0
    inside = np.minimum(a[:, None, 1], b[:, 1]) - np.maximum(a[:, None, 0], b[:, 0])
    union = np.maximum(a[:, None, 1], b[:, 1]) - np.minimum(a[:, None, 0], b[:, 0])
    share, hits = np.maximum(inside, 0) / union, 0
    while share.max() >= least:
        i, j = np.unravel_index(share.argmax(), share.shape)
        share[i], share[:, j], hits = 0, 0, hits + 1
    return hits
