"""Whether p-values of separate images of one law are uniform, for every family of evidence.

python -m benchmarks.evidence_nulls writes benchmarks/results/evidence_nulls_cpu.json (about a
quarter of an hour of one core).
"""

import numpy as np
from scipy.stats import binomtest, kstest

from benchmarks.provenance import write
from paper_figures.texture_similarity.twins_scores import FAMILIES
from similarity import evidence
from toolbox import multifractal_field, spectral_field
from toolbox.retraining.streams import integer

SEED = 40
SIZE = (40, 40)
SETS, ITEMS = 14, 300  # 150 independent pairs a set


def images(law: str, number: int) -> np.ndarray:
    """Return a set of separate images of one law."""
    seed = integer(SEED, "nulls", law, number)
    if law == "white":
        return spectral_field(SIZE, spectrum=[1, 1], n=ITEMS, seed=seed).values
    strength = {"coloured, H = .5": 0.0, "multifractal, lambda^2 = .05": 0.05}[law]
    return multifractal_field(SIZE, hurst=0.5, intermittency=strength, n=ITEMS, seed=seed).values


def null(p: np.ndarray) -> dict:
    """Say how uniform p-values are."""
    rejected = int((p < 0.05).sum())
    return {
        "pairs": len(p),
        "rejected_at_.05": rejected / len(p),
        "rejected_at_.01": float((p < 0.01).mean()),
        "rejected_at_.5": float((p < 0.5).mean()),
        "binomial_p_of_.05": float(binomtest(rejected, len(p), 0.05).pvalue),
        "uniform_p": float(kstest(p, "uniform").pvalue),
    }


def main() -> dict:
    """Measure all laws and families."""
    result = {}
    for law in ("white", "coloured, H = .5", "multifractal, lambda^2 = .05"):
        p = {family: [] for family in FAMILIES}
        for number in range(SETS):
            batch = images(law, number)
            for family in FAMILIES:
                found = evidence(batch, dim=2, family=family, seed=number)
                p[family].append(found.p_values[np.arange(0, ITEMS, 2), np.arange(1, ITEMS, 2)])
        result[law] = {family: null(np.concatenate(values)) for family, values in p.items()}
    return write(
        "evidence_nulls",
        {"size": SIZE, "sets": SETS, "laws": result},
        libraries=("numpy", "scipy", "scikit-image"),
    )


if __name__ == "__main__":
    main()
