"""Size, bias and power of the quality index, what its copy test catches, and the time it takes.

python -m benchmarks.quality writes benchmarks/results/quality_cpu.json (three minutes of one core).
The tests were tuned on other draws.
"""

import time

import numpy as np
from scipy.stats import binomtest

from benchmarks import provenance
from synthesis import Quality, quality
from toolbox import Description, describe, multifractal_field
from toolbox.retraining.streams import generator, integer

SEED = 21
LEVEL = 0.05
NULLS = 1000
BLOCK = 4000  # fields simulated at once


def described(
    name: str, n: int, shape: tuple[int, int], hurst: float, intermittency: float
) -> Description:
    """Return the description of n fields of their own stream."""
    law = {"shape": shape, "hurst": hurst, "intermittency": intermittency}
    parts = []
    for start in range(0, n, BLOCK):
        seed = integer(SEED, "benchmark", name, start)
        parts.append(
            describe(multifractal_field(**law, n=min(BLOCK, n - start), seed=seed).values, dim=2)
        )
    return rows(parts[0], slice(None), np.concatenate([part.values for part in parts]))


def rows(
    description: Description, chosen: slice | np.ndarray, values: np.ndarray | None = None
) -> Description:
    """Return some of the items, or of other values of the same statistics."""
    values = description.values if values is None else values
    return Description(values=values[chosen], names=description.names, groups=description.groups)


def halves(pool: Description, n: int, pair: int) -> tuple[Description, Description]:
    """Return the two sets of n items of one of the disjoint pairs."""
    start = 2 * n * pair
    return rows(pool, slice(start, start + n)), rows(pool, slice(start + n, start + 2 * n))


# ------------------------------------------------------------------------------------- the null


def nulls() -> dict:
    """Compare sets of one law, all fields fresh."""
    law = (0.6, 0.04)
    found = {}
    for n, shape in ((5, (40, 40)), (10, (40, 40)), (30, (40, 40)), (10, (45, 61))):
        name = f"{n} against {n} fields of {shape[0]} x {shape[1]}"
        pool = described(name, 2 * n * NULLS, shape, *law)
        pairs = (halves(pool, n, pair) for pair in range(NULLS))
        options = {"dim": 2, "resamples": 199}
        found[name] = [quality(*pair, seed=k, **options) for k, pair in enumerate(pairs)]
    found["4 crops of 40 x 40 of each of 6 fields against 6"] = of_units(*law)
    cells = {name: about(qualities) for name, qualities in found.items()}
    p_values = [q.p_value for qualities in found.values() for q in qualities]
    return {"cells": cells, "family": rejections(np.array(p_values))}


def of_units(hurst: float, intermittency: float, units: int = 6, size: int = 40) -> list[Quality]:
    """Compare the four quarters of each of six fields with those of six others."""
    law = {"shape": (2 * size, 2 * size), "hurst": hurst, "intermittency": intermittency}
    labels = np.repeat(np.arange(units), 4)
    found = []
    for block in range(10):
        n = 2 * units * NULLS // 10
        seed = integer(SEED, "benchmark", "units", block)
        fields = multifractal_field(**law, n=n, seed=seed).values
        quarters = fields.reshape(n, 2, size, 2, size).swapaxes(2, 3).reshape(-1, size, size)
        pool = describe(quarters, dim=2)
        for pair in range(NULLS // 10):
            sets = halves(pool, 4 * units, pair)
            options = {"units": labels, "reference_units": labels + units}
            found.append(quality(*sets, dim=2, seed=len(found), resamples=199, **options))
    return found


def about(qualities: list[Quality]) -> dict:
    """Return the index's mean, the sizes, and each test's exact p-value against its level."""
    index = np.array([q.index for q in qualities])
    groups = np.array([min(q.group_p_values.values()) for q in qualities])
    return {
        "mean_index": float(index.mean()),
        "standard_error": float(index.std(ddof=1) / np.sqrt(len(index))),
        "test": rejections(np.array([q.p_value for q in qualities])),
        "smallest group": rejections(groups),
        "duplicates": rejections(np.array([q.duplicate_p_value for q in qualities])),
    }


def rejections(p_values: np.ndarray) -> dict:
    """Return the share below 5 %, and how surprising so many would be."""
    count = int(np.sum(p_values <= LEVEL))
    exact = binomtest(count, len(p_values), LEVEL, alternative="greater")
    return {"nulls": len(p_values), "size_at_.05": count / len(p_values), "p": float(exact.pvalue)}


# ------------------------------------------------------------------------------------ the power


def power(repetitions: int = 60, n: int = 30, size: int = 128) -> dict:
    """Compare sets of fields of two laws; every repetition draws its own."""
    laws = {
        "lambda2 .04, H .6": (0.6, 0.04),
        "lambda2 .03": (0.6, 0.03),
        "lambda2 .05": (0.6, 0.05),
    }
    laws |= {"H .55": (0.55, 0.04), "H .58": (0.58, 0.04)}
    sets = {
        name: described(f"power {name}", n * repetitions, (size, size), *law)
        for name, law in laws.items()
    }
    reference = sets.pop("lambda2 .04, H .6")
    return {name: seen(alternative, reference, n) for name, alternative in sets.items()}


def seen(samples: Description, reference: Description, n: int) -> dict:
    """Return how often each test rejects at 5 %."""
    starts = range(0, len(samples.values), n)
    found = [
        quality(rows(samples, slice(s, s + n)), rows(reference, slice(s, s + n)), dim=2, seed=s)
        for s in starts
    ]
    rejected = [q.p_value <= LEVEL for q in found]
    interval = binomtest(sum(rejected), len(found)).proportion_ci(method="wilson")
    return {
        "repetitions": len(found),
        "power_at_.05": float(np.mean(rejected)),
        "interval_95": [float(interval.low), float(interval.high)],
        "group_power_at_.05": {
            g: float(np.mean([q.group_p_values[g] <= LEVEL for q in found]))
            for g in found[0].group_p_values
        },
        "mean_index": float(np.mean([q.index for q in found])),
    }


def copies(repetitions: int = 100, n: int = 30) -> dict:
    """Plant near-copies of a quarter of the reference, copies among the samples, lost diversity."""
    pool = described("copies", 3 * n * repetitions, (64, 64), 0.6, 0.04)
    rng = generator(SEED, "benchmark", "copies")
    spread = pool.values.std(axis=0)
    caught = {"8 of 30 memorised": [], "8 of 30 are copies of 8 others": [], "8 items 4 times": []}
    for r in range(repetitions):
        reference, fresh, more = (pool.values[3 * n * r :][k * n : (k + 1) * n] for k in range(3))
        jitter = 0.05 * spread * rng.standard_normal((4 * 8, len(spread)))
        made = {
            "8 of 30 memorised": np.concatenate([reference[:8] + jitter[:8], fresh[8:]]),
            "8 of 30 are copies of 8 others": np.concatenate([fresh[8:16] + jitter[:8], fresh[8:]]),
            "8 items 4 times": np.repeat(more[:8], 4, axis=0) + jitter,
        }
        for name, values in made.items():
            sets = (rows(pool, slice(None), v) for v in (values, reference))
            caught[name].append(quality(*sets, dim=2, seed=r).duplicate_p_value <= LEVEL)
    return {"repetitions": repetitions} | {k: float(np.mean(v)) for k, v in caught.items()}


def timing(n: int = 1000, size: int = 128) -> dict:
    """Describe n images and test one half against the other; compiled beforehand."""
    rng = generator(SEED, "benchmark", "timing")
    images = rng.standard_normal((n, size, size), dtype="float32")
    describe(images, dim=2)
    start = time.perf_counter()
    description = describe(images, dim=2)
    between = time.perf_counter()
    quality(rows(description, slice(n // 2)), rows(description, slice(n // 2, n)), dim=2, seed=0)
    seconds = {"describe_s": between - start, "quality_s": time.perf_counter() - between}
    return {"images": n, "size": size} | seconds


def main() -> None:
    """Measure everything and write it."""
    start = time.process_time()
    figures = {
        "null, H .6, lambda2 .04": nulls(),
        "power, 30 against 30 of 128 x 128": power(),
        "near-copies caught at .05": copies(),
        "time": timing(),
    }
    figures["cpu_s"] = time.process_time() - start
    provenance.write("quality", figures, libraries=("numpy", "scipy", "jax", "scikit-learn"))


if __name__ == "__main__":
    main()
