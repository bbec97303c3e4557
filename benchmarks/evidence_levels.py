"""What the log-odds of evidence are worth where nobody judged a pair: with units, and with nothing.

python -m benchmarks.evidence_levels [--draws 10] [--minutes 4] [SET ...] adds the draws that are
missing to benchmarks/results/evidence_levels_<platform>.json (delete it to start anew) and stops
after so many minutes; run it again to go on. A draw takes 10 to 40 seconds of one core.

Half of the items of each class are in units of four, drawn at random (in "neighbours": crops that
touch), the others alone. All figures are log-losses of the pairs of *two* units, of which nothing
was said, over that of the base rate: the entropy of the true share of same pairs among them, which
nobody knows beforehand. 1 is worth nothing, 0 perfect. Beside them what the same scores would reach
with the level that is best in hindsight (a logistic line through the truth), and what the oracle of
a simulated set would, on the same terms. The level was designed on other draws.
"""

import argparse
import json
import time
from collections.abc import Callable

import jax
import numpy as np

import similarity
import toolbox
from benchmarks.provenance import RESULTS, write
from similarity.families.registry import FAMILIES
from similarity.pairs.known_pairs import Known, known_pairs
from similarity.pairs.logistic_lines import logistic_line
from similarity.pairs.statistics import FamilyFeatures, family_features
from similarity.verification.family_fits import FamilyFit, fitted_family
from similarity.verification.pair_evidence import evidence_of, families_of, simulated, with_level
from similarity.verification.pooling import pooled_evidence
from similarity.verification.records import NONE
from toolbox.retraining.streams import generator, integer

EACH, UNIT = 16, 4  # items a class, items a unit
BAR = 0.5
SIGNALS = ((0.3, 0.0), (0.5, 0.0), (0.7, 0.0), (0.5, 0.05), (0.7, 0.05), (0.5, 0.12))
TWINS = ("hurst", "angle", "intermittency", "mixed", "zooms", "crops", "papers")
CHANGES = ("gain", "illumination", "resolution")
LIBRARIES = ("numpy", "scipy", "jax", "PyWavelets", "scikit-image")

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]  # items, labels, units, oracle


def twins(kind: str, seed: int, *, size: int = 128, changed: tuple[str, ...] = ()) -> Drawn:
    """Draw a benchmark set; `changed` names nuisances that the images undergo."""
    drawn = similarity.twins(kind, n=EACH, size=size, seed=seed)
    images = drawn.values
    for nuisance in changed:
        images = similarity.nuisance(images, nuisance, seed=seed)
    oracle = -drawn.oracle_distances if drawn.oracle else None
    return images, drawn.labels, random_units(drawn.labels, seed), oracle


def photographs(seed: int, *, size: int) -> Drawn:
    """Draw 20 crops each of brick, grass and gravel."""
    images = toolbox.textures().values
    cut = [toolbox.crops(x, size=size, n=20, seed=seed + k).values for k, x in enumerate(images)]
    labels = np.repeat(np.arange(3), 20)
    return np.concatenate(cut), labels, random_units(labels, seed), None


def neighbours(seed: int, *, size: int) -> Drawn:
    """Draw 20 crops each of brick, grass and gravel; a unit is four crops that touch."""
    cut, units = [], []
    for k, image in enumerate(toolbox.textures().values):
        blocks = toolbox.crops(image, size=2 * size, n=14, seed=seed + k).values
        whole = [toolbox.crops(block, size=size).values for block in blocks[:2]]
        cut += [*whole, blocks[2:, :size, :size]]
        units.append(np.r_[np.repeat([0, 1], UNIT), 2 + np.arange(12)] + 14 * k)
    return np.concatenate(cut), np.repeat(np.arange(3), 20), np.concatenate(units), None


def signals(seed: int) -> Drawn:
    """Draw signals of 1024 samples that differ in H, lambda^2 or both."""
    drawn = [
        toolbox.multifractal_field(
            (1024,), hurst=h, intermittency=v, n=EACH, seed=integer(seed, "signals", k)
        ).values
        for k, (h, v) in enumerate(SIGNALS)
    ]
    labels = np.repeat(np.arange(len(SIGNALS)), EACH)
    return np.concatenate(drawn), labels, random_units(labels, seed), None


def random_units(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return units of four for half of the items of each class; the others are alone."""
    rng = generator(seed, "units")
    units = np.arange(len(labels))
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        half = members[: len(members) // 2 // UNIT * UNIT].reshape(-1, UNIT)
        units[half] = half[:, :1]
    return units


SETS: dict[str, Callable[[int], Drawn]] = {
    **{kind: lambda seed, kind=kind: twins(kind, seed) for kind in TWINS},
    "photographs, 40 pixels": lambda seed: photographs(seed, size=40),
    "photographs, 64 pixels": lambda seed: photographs(seed, size=64),
    "signals": signals,
    "crops, changed": lambda seed: twins("crops", seed, changed=CHANGES),
}
HARDER: dict[str, Callable[[int], Drawn]] = {
    "photographs, 64 pixels, neighbours": lambda seed: neighbours(seed, size=64),
    "crops, changed, 64 pixels": lambda seed: twins("crops", seed, size=64, changed=CHANGES),
    "hurst, 64 pixels": lambda seed: twins("hurst", seed, size=64),
}


def one_draw(name: str, seed: int) -> dict:
    """Return the log-losses of one draw, over that of the base rate."""
    images, labels, units, oracle = (SETS | HARDER)[name](seed)
    dim = 1 if name == "signals" else 2
    images = images[:, None]
    i, j = np.triu_indices(len(labels), 1)
    asked = units[i] != units[j]
    i, j = i[asked], j[asked]
    same = labels[i] == labels[j]
    place, described = descriptions(images, dim, seed)
    nothing, known = known_pairs(None, None, len(images)), known_pairs(None, units, len(images))
    options = {"dtype": images.dtype, "seed": seed}
    base = entropy(same.mean())
    alone = pooled_evidence(fitted(described, place, nothing, **options), nothing, **options)
    fits = fitted(described, place, known, **options)
    told = pooled_evidence(fits, known, **options)
    each = with_level(fits, known, list(described), seed=seed)
    found = {"share": float(same.mean()), "base": base, "estimated share": told.share}
    found["nothing"] = {
        "abstains": alone.level == NONE and bool(np.isnan(alone.matrix).all()),
        "scores read as log-odds": loss(alone.scores[i, j], same) / base,
    }
    found["units"] = {"level": told.level, "pooled": loss(told.matrix[i, j], same) / base}
    for fit in each:
        single = evidence_of(fit, known, dtype=images.dtype)
        found["units"][fit.family] = loss(single.matrix[i, j], same) / base
    found["pooled, best level"] = loss(best_level(told.scores[i, j], same), same) / base
    if oracle is not None:
        found["oracle, best level"] = loss(best_level(oracle[i, j], same), same) / base
    return found


def descriptions(
    images: np.ndarray, dim: int, seed: int
) -> tuple[np.ndarray, dict[str, FamilyFeatures]]:
    """Return where items are among the described ones, and each family's features."""
    given, place = simulated(images, dim=dim, seed=seed)
    names = families_of(dim)
    return place, {f: family_features(given, FAMILIES[f].features) for f in names}


def fitted(
    described: dict[str, FamilyFeatures], place: np.ndarray, known: Known, **options: object
) -> list[FamilyFit]:
    """Return the fits of all families."""
    return [fitted_family(f, d, place, known=known, **options) for f, d in described.items()]


def loss(log_odds: np.ndarray, same: np.ndarray) -> float:
    """Return the log-loss in nats a pair."""
    return float(np.logaddexp(0, -np.where(same, log_odds, -log_odds.astype(np.float64))).mean())


def entropy(share: float) -> float:
    """Return the log-loss of saying the share of every pair."""
    return float(-(share * np.log(share) + (1 - share) * np.log(1 - share)))


def best_level(scores: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return scores on the logistic line through the truth."""
    scaled = (scores.astype(np.float64) - scores.mean()) / (scores.std() or 1.0)
    intercept, slope = logistic_line(scaled, same.astype(float))
    return intercept + slope * scaled


def summary(draws: dict) -> dict:
    """Return means and worst draws of each set, and whether the bars hold."""
    means = {}
    for name, of_set in draws.items():
        rows = list(of_set.values())
        units = {key: [row["units"][key] for row in rows] for key in rows[0]["units"]}
        levels = set(units.pop("level"))
        means[name] = {
            "draws": len(rows),
            "abstains without units": all(row["nothing"]["abstains"] for row in rows),
            "scores read as log-odds": mean(
                [r["nothing"]["scores read as log-odds"] for r in rows]
            ),
            "level": sorted(levels),
            "pooled": mean(units["pooled"]),
            "pooled, worst draw": round(max(units["pooled"]), 4),
            "pooled, best level": mean([row["pooled, best level"] for row in rows]),
            "oracle, best level": mean([r.get("oracle, best level", np.nan) for r in rows]),
            "estimated share over true": mean([r["estimated share"] / r["share"] for r in rows]),
            "families": {key: mean(values) for key, values in units.items() if key != "pooled"},
        }
        if np.isnan(means[name]["oracle, best level"]):
            del means[name]["oracle, best level"]
    asked = [means[name] for name in SETS if name in means]
    return {
        "items_a_class": EACH,
        "items_a_unit": UNIT,
        "bar": BAR,
        "held": {
            "without units or pairs every record abstains": all(
                m["abstains without units"] for m in means.values()
            ),
            f"with units the pool's mean log-loss is at most {BAR} of the base rate's": all(
                m["pooled"] <= BAR for m in asked
            ),
            "and that of no family above the base rate's": all(
                v <= 1.0 for m in asked for v in m["families"].values()
            ),
        },
        "means": means,
        "draws": draws,
    }


def mean(values: list) -> float:
    """Return the mean, to four digits."""
    return round(float(np.mean(values)), 4)


def main() -> None:
    """Add the missing draws, one at a time, and write after each."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("sets", nargs="*")
    command.add_argument("--draws", type=int, default=10)
    command.add_argument("--minutes", type=float, default=0)
    options = command.parse_args()
    path = RESULTS / f"evidence_levels_{jax.devices()[0].platform}.json"
    kept = json.loads(path.read_text())["draws"] if path.exists() else {}
    draws = {name: kept.get(name, {}) for name in SETS | HARDER}
    start = time.monotonic()
    for seed in range(options.draws):
        for name in options.sets or [*SETS, *HARDER]:
            if str(seed) in draws[name]:
                continue
            if options.minutes and time.monotonic() - start > 60 * options.minutes:
                return
            found = json.dumps(one_draw(name, seed))
            draws[name][str(seed)] = json.loads(found, parse_float=lambda t: round(float(t), 4))
            done = {key: of_set for key, of_set in draws.items() if of_set}
            write("evidence_levels", summary(done), libraries=LIBRARIES)
    print(json.dumps(summary(draws)["means"], indent=1))


if __name__ == "__main__":
    main()
