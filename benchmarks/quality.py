"""Size, bias and power of the quality index, what the gate keeps, and the time they take.

python -m benchmarks.quality writes benchmarks/results/quality_cpu.json (three minutes of one core).
"""

import datetime
import importlib.metadata
import json
import os
import platform
import time
from pathlib import Path

import numpy as np

from synthesis import gate, phase_randomised, quality
from toolbox import describe, multifractal_field
from toolbox.descriptions import Description
from toolbox.retraining.streams import generator, integer

RESULTS = Path(__file__).parent / "results" / "quality_cpu.json"
SEED = 20


def fields(name: str, n: int, size: int, hurst: float, intermittency: float) -> np.ndarray:
    """Return n fields of their own stream."""
    law = {"shape": (size, size), "hurst": hurst, "intermittency": intermittency}
    return multifractal_field(**law, n=n, seed=integer(SEED, "benchmark", name)).values


def rows(description: Description, chosen: slice | np.ndarray) -> Description:
    """Return some of the items."""
    return Description(
        values=description.values[chosen], names=description.names, groups=description.groups
    )


def null(pool: Description, sizes: tuple[int, ...] = (5, 10, 30)) -> dict:
    """Compare disjoint pairs of sets of one law."""
    result = {}
    for n in sizes:
        pairs = [
            quality(
                rows(pool, slice(start, start + n)),
                rows(pool, slice(start + n, start + 2 * n)),
                dim=2,
                seed=start,
            )
            for start in range(0, len(pool.values) - 2 * n + 1, 2 * n)
        ]
        index = np.array([q.index for q in pairs])
        result[f"n={n}"] = {
            "pairs": len(pairs),
            "mean_index": index.mean(),
            "standard_error": index.std(ddof=1) / np.sqrt(len(index)),
            "size_at_.05": np.mean([q.p_value <= 0.05 for q in pairs]),
            "size_at_.10": np.mean([q.p_value <= 0.10 for q in pairs]),
            "smallest_group_size_at_.05": np.mean(
                [min(q.group_p_values.values()) <= 0.05 for q in pairs]
            ),
            "duplicates_size_at_.05": np.mean([q.duplicate_p_value <= 0.05 for q in pairs]),
        }
    return result


def power(repetitions: int = 16, n: int = 30, size: int = 128) -> dict:
    """Compare sets of fields of two laws; every repetition draws its own."""
    laws = {"lambda2 .04, H .6": (0.6, 0.04), "lambda2 .03": (0.6, 0.03), "H .55": (0.55, 0.04)}
    sets = {
        name: describe(fields(f"power {name}", n * repetitions, size, *law), dim=2)
        for name, law in laws.items()
    }
    reference = sets.pop("lambda2 .04, H .6")
    return {name: _rejections(alternative, reference, n) for name, alternative in sets.items()}


def _rejections(samples: Description, reference: Description, n: int) -> dict:
    starts = range(0, len(samples.values), n)
    found = [
        quality(rows(samples, slice(s, s + n)), rows(reference, slice(s, s + n)), dim=2, seed=s)
        for s in starts
    ]
    groups = found[0].group_p_values
    return {
        "repetitions": len(found),
        "power_at_.05": np.mean([q.p_value <= 0.05 for q in found]),
        "group_power_at_.05": {
            g: np.mean([q.group_p_values[g] <= 0.05 for q in found]) for g in groups
        },
        "mean_index": np.mean([q.index for q in found]),
        "duplicates_rejected_at_.05": np.mean([q.duplicate_p_value <= 0.05 for q in found]),
    }


def copies(pool: Description, repetitions: int = 40, n: int = 30) -> dict:
    """Plant near-copies of a quarter of the reference, or a set of 8 items repeated 4 times."""
    rng = generator(SEED, "benchmark", "copies")
    spread = pool.values.std(axis=0)
    memorised, repeated = [], []
    for r in range(repetitions):
        order = rng.permutation(len(pool.values))
        reference, fresh = pool.values[order[:n]], pool.values[order[n : 2 * n]].copy()
        jitter = 0.05 * spread * rng.standard_normal((4 * 8, len(spread)))
        fresh[:8] = reference[:8] + jitter[:8]
        few = np.repeat(pool.values[order[2 * n : 2 * n + 8]], 4, axis=0) + jitter
        for values, caught in ((fresh, memorised), (few, repeated)):
            made = Description(values=values, names=pool.names, groups=pool.groups)
            q = quality(made, rows(pool, order[:n]), dim=2, seed=r)
            caught.append(q.duplicate_p_value <= 0.05)
    return {"8 of 30 memorised": np.mean(memorised), "8 items 4 times": np.mean(repeated)}


def gate_simulated(worlds: int = 6, repetitions: int = 20, n_rare: int = 12) -> dict:
    """Gate fields of the rare law, of its surrogates, and of the majority's law."""
    results = []
    for world in range(worlds):
        parents = fields(f"parents {world}", 60, 64, 0.6, 0.05)
        pools = {
            "exchangeable": fields(f"rare {world}", 150, 64, 0.6, 0.05),
            "phase-randomised": phase_randomised(parents, dim=2, n=60, seed=world).samples,
            "majority itself": fields(f"majority candidates {world}", 60, 64, 0.6, 0.02),
        }
        pools = {name: describe(pool, dim=2) for name, pool in pools.items()}
        majority = describe(fields(f"majority {world}", 140, 64, 0.6, 0.02), dim=2)
        results.append(_shares_kept(pools, majority, None, repetitions, n_rare))
    return {name: _over_worlds([result[name] for result in results]) for name in results[0]}


def _over_worlds(results: list[dict]) -> dict:
    kept = np.array([result["kept"] for result in results])
    return {
        "kept": kept.mean(),
        "standard_error": kept.std(ddof=1) / np.sqrt(len(kept)),
        "abstained": np.mean([result["abstained"] for result in results]),
    }


def gate_photographs(repetitions: int = 40, n_rare: int = 12, size: int = 40) -> dict:
    """Gate crops of each photograph against the two others, and its surrogates."""
    from skimage import data

    described, flat = {}, {}
    for name in ("brick", "grass", "gravel"):
        image = getattr(data, name)().astype(np.float64)
        corners = range(0, 512 - size + 1, size)
        crops = np.stack([image[i : i + size, j : j + size] for i in corners for j in corners])
        described[name] = describe(crops, dim=2)
        surrogates = phase_randomised(crops, dim=2, n=len(crops), seed=0).samples
        flat[name] = describe(surrogates, dim=2)
    result = {}
    for name in described:
        others = [other for other in described if other != name]
        majority = Description(
            values=np.concatenate([described[other].values for other in others]),
            names=described[name].names,
            groups=described[name].groups,
        )
        labels = np.repeat([0, 1], len(described[name].values))
        pools = {"other crops": described[name], "phase-randomised": flat[name]}
        result[name] = _shares_kept(pools, majority, labels, repetitions, n_rare)
    return result


def _shares_kept(
    pools: dict, majority: Description, labels: np.ndarray | None, repetitions: int, n_rare: int
) -> dict:
    """Return the share of each pool with p > .1; the first pool is also where the rare are from."""
    real = next(iter(pools.values()))
    rng = generator(SEED, "benchmark", "gate")
    kept = {name: [] for name in pools}
    for _ in range(repetitions):
        order = rng.permutation(len(real.values))
        rare = rows(real, order[:n_rare])
        for name, pool in pools.items():
            chosen = order[n_rare : n_rare + 30]
            candidates = pool if pool is not real else rows(real, chosen)
            passed = gate(candidates, rare, majority=majority, majority_labels=labels, dim=2)
            kept[name].append([np.mean(passed.p_values > 0.1), passed.abstained])
    return {
        name: {"kept": np.mean(k, axis=0)[0], "abstained": np.mean(k, axis=0)[1]}
        for name, k in kept.items()
    }


def timing(n: int = 1000, size: int = 128) -> dict:
    """Describe n images and test one half against the other; compiled beforehand."""
    images = generator(SEED, "benchmark", "timing").standard_normal(
        (n, size, size), dtype="float32"
    )
    describe(images, dim=2)
    start = time.perf_counter()
    description = describe(images, dim=2)
    described = time.perf_counter()
    quality(rows(description, slice(n // 2)), rows(description, slice(n // 2, n)), dim=2, seed=0)
    return {
        "images": n,
        "size": size,
        "describe_s": described - start,
        "quality_s": time.perf_counter() - described,
    }


def main() -> None:
    """Measure everything and write it."""
    start = time.process_time()
    pool = describe(fields("null", 3000, 64, 0.6, 0.04), dim=2)
    results = {
        "null, 64 x 64 fields, lambda2 .04": null(pool),
        "power, 30 against 30 of 128 x 128": power(),
        "near-copies caught at .05": copies(pool),
        "gate, 12 rare of lambda2 .05, alpha .1": gate_simulated(),
        "gate, photographs, 12 rare crops of 40 x 40": gate_photographs(),
        "time": timing(),
    }
    packages = ("numpy", "scipy", "jax", "scikit-learn", "scikit-image")
    results["made"] = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "cpu_s": time.process_time() - start,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    rounded = json.loads(json.dumps(results), parse_float=lambda text: float(f"{float(text):.4g}"))
    text = json.dumps(rounded, indent=1)
    RESULTS.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
