"""What the evidence families and their pool reach on the benchmark sets, beside the oracle.

python -m benchmarks.twins [--draws 20] [--minutes 4] [SET ...] adds the draws that are missing to
benchmarks/results/twins_<platform>.json (delete it to start anew) and stops after so many minutes;
run it again to go on. A draw takes some twelve seconds of one core, the first of a run twenty-six.
Without options: 20 draws.
"""

import argparse
import json
import time

import jax
import numpy as np

from benchmarks.provenance import RESULTS, write
from paper_figures.texture_similarity.twins_scores import (
    FAMILIES,
    ITEMS,
    JUDGED,
    METHODS,
    ORACLE,
    POOLED,
    one_draw,
)

SIZE = 128
NUISANCES = ("gain", "offset", "illumination", "rotation", "resolution")
LIBRARIES = ("numpy", "scipy", "jax", "PyWavelets", "scikit-image")
# set: (score, best family at least, pooled at least); 0 is P@1, 1 is MAP@R
BARS = {
    "angle": [(0, 0.99, 0.95)],
    "hurst": [(1, 0.45, 0.40)],
    "intermittency": [(0, 0.78, 0.72)],
    "mixed": [(0, None, 0.83), (1, None, 0.48)],
    "crops": [(0, None, 0.94)],
    "zooms": [(0, None, 0.94)],
}
SCORES = ("p_at_1", "map_at_r")


def main() -> None:
    """Add the missing draws, one at a time, and write after each."""
    options = parsed()
    path = RESULTS / f"twins_{jax.devices()[0].platform}.json"
    kept = json.loads(path.read_text())["draws"] if path.exists() else {}
    start = time.monotonic()
    for seed in range(options.draws):
        for name in options.sets or [*ITEMS, *(f"crops, {n}" for n in NUISANCES)]:
            kind, _, changed = name.partition(", ")
            done = kept.setdefault(name, {})
            if str(seed) in done or (changed and seed >= options.draws / 4):
                continue
            if options.minutes and time.monotonic() - start > 60 * options.minutes:
                return
            found = one_draw(kind, n=ITEMS[kind], size=SIZE, seed=seed, changed=changed)
            done[str(seed)] = json.loads(
                json.dumps(found), parse_float=lambda t: round(float(t), 4)
            )
            write("twins", summary(kept), libraries=LIBRARIES)
    print(json.dumps(summary(kept)["means"], indent=1))


def parsed() -> argparse.Namespace:
    """Return the command line's options."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("sets", nargs="*", metavar="SET")
    command.add_argument("--draws", type=int, default=20)
    command.add_argument("--minutes", type=float, default=0)
    return command.parse_args()


def summary(kept: dict) -> dict:
    """Return means with standard errors, the bars, and every draw."""
    means = {name: averaged(draws) for name, draws in kept.items() if draws}
    return {
        "size": SIZE,
        "items_a_class": ITEMS,
        "means": means,
        "bars": {name: bars(name, means[name]) for name in BARS if name in means},
        "pooled with pairs, less the best family (P@1)": {
            name: entry[JUDGED]["p_at_1"] - best(entry, 0) for name, entry in means.items()
        },
        "draws": kept,
    }


def averaged(draws: dict) -> dict:
    """Return each method's mean scores and their standard errors over draws."""
    result: dict = {"draws": len(draws), "chance": next(iter(draws.values()))["chance"]}
    for method in METHODS:
        values = np.array([draw[method] for draw in draws.values() if method in draw])
        if not len(values):
            continue
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else [None] * 2
        result[method] = {
            **{s: round(float(m), 4) for s, m in zip(SCORES, values.mean(axis=0), strict=True)},
            **{
                f"{s}_error": None if e is None else round(float(e), 4)
                for s, e in zip(SCORES, error, strict=True)
            },
        }
    return result


def best(entry: dict, score: int) -> float:
    """Return the best family's mean."""
    return max(entry[family][SCORES[score]] for family in FAMILIES if family in entry)


def bars(name: str, entry: dict) -> list[dict]:
    """Hold a set's means against its bars."""
    rows = []
    for score, family_bar, pooled_bar in BARS[name]:
        row = {"score": SCORES[score], "pooled": entry[POOLED][SCORES[score]]}
        row |= {"pooled_bar": pooled_bar, "pooled_met": row["pooled"] >= pooled_bar}
        if family_bar is not None:
            top = best(entry, score)
            row |= {"best": top, "best_bar": family_bar, "best_met": top >= family_bar}
        rows.append(row | {ORACLE: entry.get(ORACLE, {}).get(SCORES[score])})
    return rows


if __name__ == "__main__":
    main()
