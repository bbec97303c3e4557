"""Events of simulated births beside a rule engine's, what the outcome is told with, and the time.

python -m benchmarks.fetal_births writes benchmarks/results/fetal_births_cpu.json (three minutes of
one core). The peer is fhr-monitor-analyzer, in the extra [bench]; without it its figures are null.
It looks at 10 to 30 minutes at a time: it is given pieces of 10, 20 and 30 minutes of the same
means of a second, and its best figure of the three counts.
"""

import json
import resource
import tempfile
import time
from datetime import datetime, timedelta
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

import confidence
import toolbox
from benchmarks.provenance import write

SEED = 1
LOSSES = (0.0, 0.1, 0.3, 0.4)
BIRTHS, PIECES = 24, (10, 20, 30)  # of 90 minutes; minutes that the peer is given at a time
OVERLAP = 0.3  # of the union: a match
WORLDS, SUBJECTS, MEMBERS = 4, 552, 50
USED = ("variability", "log_leader_2s", "log_leader_4s", "deceleration_area", "late_decelerations")
BEGIN = datetime(2026, 1, 1)
PEER = "fhr_monitor_analyzer"


def main() -> dict[str, Any]:
    """Measure all, and write it."""
    figures = {
        "events": {f"{loss:g}": events(loss) for loss in LOSSES},
        "outcome": outcome(),
        "time": seconds(),
    }
    libraries = ("numpy", "scipy", *(["fhr-monitor-analyzer"] if find_spec(PEER) else []))
    return write("fetal_births", figures, libraries=libraries)


# -------------------------------------------------------------------------------------- events


def events(loss: float) -> dict[str, Any]:
    """Return F1 of both kinds and the error of the baseline, ours and the peer's best."""
    births = toolbox.fetal_heart_rates(n=BIRTHS, loss=loss, seed=SEED)
    found = toolbox.fetal_features(births)
    told: dict[str, Any] = {
        kind: {"ours": f1(births, found, kind), "peer": None}
        for kind in ("acceleration", "deceleration")
    }
    apart = np.abs(found.baseline - births.baseline).mean()
    told["baseline, mean error in beats a minute"] = {"ours": float(apart), "peer": None}
    if find_spec(PEER):
        by_piece = [by_peer(births, minutes) for minutes in PIECES]
        for kind in ("acceleration", "deceleration"):
            told[kind]["peer"] = max(f1(births, peer, kind) for peer in by_piece)
        errors = [peer.error for peer in by_piece]
        told["baseline, mean error in beats a minute"]["peer"] = min(errors)
    return told


def by_peer(births: Any, minutes: int) -> SimpleNamespace:
    """Return the peer's events, and the mean error of its baselines over their pieces."""
    import fhr_monitor_analyzer

    rows, errors, piece = [], [], 60 * minutes
    for item in range(len(births.heart_rate)):
        signals = [second_means(births.heart_rate[item], births.rate)]
        signals.append(second_means(births.contractions[item], births.rate))
        for start in range(0, len(signals[0]), piece):
            request = as_request(*(s[start : start + piece] for s in signals))
            answer = json.loads(fhr_monitor_analyzer.analyze_json(json.dumps(request)))
            for window in answer["windows"]:
                rows += [(item, *event) for event in events_of(window, start)]
                if window["baseline_bpm"] is not None:
                    truth = births.baseline[item][start : start + piece].mean()
                    errors.append(abs(window["baseline_bpm"] - truth))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    names = ("item", "kind", "onset", "end")
    return SimpleNamespace(**dict(zip(names, columns, strict=True)), error=float(np.mean(errors)))


def second_means(x: np.ndarray, rate: float) -> np.ndarray:
    """Return means of each second of what is there, NaN where nothing is."""
    groups = x[: len(x) // int(rate) * int(rate)].astype(float).reshape(-1, int(rate))
    there = ~np.isnan(groups)
    total, number = np.where(there, groups, 0).sum(axis=1), there.sum(axis=1)
    return np.where(number, total / np.maximum(number, 1), np.nan)


def as_request(beats: np.ndarray, uterus: np.ndarray) -> dict[str, Any]:
    """Return a piece as the peer takes it: a sample a second, null where the signal is lost."""
    samples = [
        {
            "t": f"{(BEGIN + timedelta(seconds=i)).isoformat()}Z",
            "hr1": None if np.isnan(b) else round(float(b), 2),
            "toco": round(float(u), 2),
        }
        for i, (b, u) in enumerate(zip(beats, uterus, strict=True))
    ]
    return {"episode_id": "1", "sent_at": samples[-1]["t"], "samples": samples}


def events_of(window: dict[str, Any], start: int) -> list[tuple[str, float, float]]:
    """Return kind, onset and end in seconds of a window's events."""
    every = [("acceleration", e) for e in window["acceleration_events"]]
    every += [(e["kind"], e) for e in window["deceleration_events"]]
    return [(kind, start + since(e["start"]), start + since(e["end"])) for kind, e in every]


def since(text: str) -> float:
    """Return the seconds since the beginning."""
    return (datetime.fromisoformat(text.replace(" ", "T")) - BEGIN).total_seconds()


def f1(truth: Any, found: Any, kind: str, least: float = OVERLAP) -> float:
    """Return F1 of accelerations or decelerations, matched one to one by overlap over union."""
    hits = known = told = 0
    for item in range(len(truth.heart_rate)):
        spans = [spans_of(record, item, kind) for record in (truth, found)]
        hits += matched(*spans, least)
        known, told = known + len(spans[0]), told + len(spans[1])
    return 2 * hits / (known + told)


def spans_of(record: Any, item: int, kind: str) -> np.ndarray:
    """Return onset and end (m, 2) of an item's events of a kind."""
    is_kind = (record.kind == "acceleration") == (kind == "acceleration")
    picked = (record.item == item) & is_kind
    return np.column_stack([record.onset[picked], record.end[picked]])


def matched(a: np.ndarray, b: np.ndarray, least: float) -> int:
    """Return the size of the greedy matching."""
    if not len(a) or not len(b):
        return 0
    inside = np.minimum(a[:, None, 1], b[:, 1]) - np.maximum(a[:, None, 0], b[:, 0])
    union = np.maximum(a[:, None, 1], b[:, 1]) - np.minimum(a[:, None, 0], b[:, 0])
    share, hits = np.maximum(inside, 0) / union, 0
    while share.max() >= least:
        i, j = np.unravel_index(share.argmax(), share.shape)
        share[i], share[:, j], hits = 0, 0, hits + 1
    return hits


# --------------------------------------------------------------------------- outcome, and time


def outcome() -> dict[str, Any]:
    """Return the AUC on held-out subjects over that of the severity, world by world."""
    shares = []
    for world in range(WORLDS):
        births = toolbox.fetal_heart_rates(n=SUBJECTS, seed=SEED + 100 + world)
        found = toolbox.fetal_features(births)
        x = found.values[:, [found.names.index(name) for name in USED]]
        options = {"dim": 0, "members": 30, "seed": world, "progress": False}
        votes = confidence.held_out_votes(x, births.acidotic, **options).votes
        auc = roc_auc_score(births.acidotic, votes.mean(axis=0)[:, 1])
        shares.append(auc / roc_auc_score(births.acidotic, births.severity))
    return {
        "share of the best AUC": float(np.mean(shares)),
        "standard error": float(np.std(shares, ddof=1) / np.sqrt(WORLDS)),
        "worlds": WORLDS,
    }


def seconds() -> dict[str, Any]:
    """Return the seconds of reading, describing and training, and the peak of memory."""
    births = toolbox.fetal_heart_rates(n=SUBJECTS, seed=SEED)
    with tempfile.TemporaryDirectory() as folder:
        births.write(folder)
        start = time.perf_counter()
        recordings = toolbox.load_ctg(folder)
        read = time.perf_counter()
        found = toolbox.fetal_features(recordings)
        described = time.perf_counter()
    x = found.values[:, [found.names.index(name) for name in USED]]
    options = {"dim": 0, "members": MEMBERS, "seed": 0, "progress": False}
    votes = confidence.held_out_votes(x, births.acidotic, **options).votes
    confidence.subject_scores(votes, births.acidotic, seed=0)
    trained = time.perf_counter()
    return {
        "recordings": SUBJECTS,
        "minutes each": 90,
        "reading": read - start,
        "features": described - read,
        "50 members a fold, five folds, scores": trained - described,
        "peak memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


if __name__ == "__main__":
    main()
