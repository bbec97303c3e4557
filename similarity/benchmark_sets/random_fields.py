"""Simulated benchmark fields of known laws, and their oracle's answer."""

import numpy as np

from similarity.benchmark_sets import field_laws, intermittency_oracle, likelihood_oracle
from toolbox.core.streams import generator

MIXED = {
    "hurst": (0.4, 0.5, 0.6),
    "angle": (np.pi / 8, 5 * np.pi / 8),
    "intermittency": (0.0, 0.06),
}


def names_of(kind: str) -> tuple[str, ...]:
    """Return what the classes of a kind differ by."""
    return tuple(MIXED) if kind == "mixed" else (kind,)


def class_parameters(kind: str, classes: int, step: float) -> np.ndarray:
    """Return what the classes differ by (classes, P): H, angle, lambda^2, or all three."""
    row = np.arange(classes)[:, None]
    if kind == "hurst":
        return 0.5 + step * (row - (classes - 1) / 2)
    if kind == "angle":
        return np.pi * row / classes
    if kind == "intermittency":
        return step * row
    grid = np.meshgrid(*MIXED.values(), indexing="ij")
    return np.stack([g.ravel() for g in grid], axis=1)


def fields(
    kind: str, table: np.ndarray, *, n: int, size: int, modulation: float, seed: int
) -> dict:
    """Draw n fields a class and ask the oracle: values, labels, distances and accuracies."""
    laws = dict.fromkeys(("hurst", "angle", "intermittency"), 0.0) | {"hurst": 0.5}
    rows = [laws | dict(zip(names_of(kind), row, strict=True)) for row in table]
    spectra = np.array([_spectrum(kind, row, size, modulation) for row in rows])
    volatilities = np.array([field_laws.log_volatility(size, r["intermittency"]) for r in rows])
    values = np.array(
        [
            field_laws.draw(f, v, generator(seed, "twins", kind, k, i))
            for k, (f, v) in enumerate(zip(spectra, volatilities, strict=True))
            for i in range(n)
        ]
    )
    labels = np.repeat(np.arange(len(table)), n)
    strengths = tuple(float(r["intermittency"]) for r in rows)
    logs = _log_likelihoods(kind, values, spectra, volatilities, strengths)
    return {
        "values": values,
        "labels": labels,
        "oracle_distances": likelihood_oracle.same_class_distances(logs),
        "oracle_accuracy": likelihood_oracle.accuracy(logs, labels),
        "bayes_accuracy": _bayes_accuracy(kind, spectra),
    }


def _spectrum(kind: str, row: dict, size: int, modulation: float) -> np.ndarray:
    spectrum = field_laws.power_law(size, row["hurst"])
    if kind not in ("angle", "mixed"):
        return spectrum
    return field_laws.normalised(field_laws.modulated(spectrum, modulation, row["angle"]))


def _log_likelihoods(
    kind: str,
    values: np.ndarray,
    spectra: np.ndarray,
    volatilities: np.ndarray,
    strengths: tuple[float, ...],
) -> np.ndarray:
    if kind in ("hurst", "angle"):
        return likelihood_oracle.profile_whittle(values, spectra)
    if kind == "intermittency":
        return intermittency_oracle.log_likelihoods(values, spectra[0], strengths)
    # Each field is whitened by the one spectrum that fits it best: likelihoods of log|whitened| by
    # different spectra are likelihoods of different data.
    logs = likelihood_oracle.profile_whittle(values, spectra)
    best = logs.argmax(axis=1)
    for k in np.unique(best):
        chosen = best == k
        logs[chosen] += likelihood_oracle.volatility_whittle(
            values[chosen], spectra[k], volatilities
        )
    return logs


def _bayes_accuracy(kind: str, spectra: np.ndarray) -> float:
    if kind not in ("hurst", "angle"):
        return float("nan")
    classes = len(spectra)
    pairs = range(classes - (kind == "hurst"))
    apart = [field_laws.fisher_distance(spectra[k], spectra[(k + 1) % classes]) for k in pairs]
    closed = field_laws.chain_accuracy if kind == "hurst" else field_laws.ring_accuracy
    return float(np.mean([closed(classes, distance) for distance in apart]))
