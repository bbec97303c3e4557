"""Speed against plain libraries, side by side, and memory of what once took too much.

python -m benchmarks.ratios writes benchmarks/results/ratios_<platform>.json (some ten minutes of
one core); with words behind it, only the rows whose names begin with one of these are made again.
Ratios are the peer's time over ours: medians of calls that alternate in one process on one thread.
Where a peer's package needs what is not installed beside it (torch-fidelity asks for
torchvision), its published definition stands in plain NumPy, and the row says so; a peer that is
missing is named. Memory is the most that a process of its own had beside its imports and data.
"""

import importlib.metadata
import io
import json
import os
import resource
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from benchmarks.provenance import RESULTS, write

REPEATS = 7
Pair = tuple[Callable[[], object], Callable[[], object]]


def draws(name: str) -> np.random.Generator:
    """Return the stream of one row's data."""
    return np.random.Generator(np.random.Philox(zlib.crc32(name.encode())))


def alternating(ours: Callable[[], object], peer: Callable[[], object]) -> dict:
    """Return the medians of alternating calls, in milliseconds, and their ratio."""
    times: tuple[list, list] = ([], [])
    ours(), peer()
    for _ in range(REPEATS):
        for call, taken in zip((ours, peer), times, strict=True):
            began = time.perf_counter()
            call()
            taken.append(time.perf_counter() - began)
    own, other = (1000 * median(taken) for taken in times)
    return {"ms": round(own, 3), "peer_ms": round(other, 3), "ratio": round(other / own, 3)}


def wasserstein_on_a_line() -> Pair:
    """Compare with SciPy, 2000 against 2000 points."""
    from toolbox import wasserstein

    x, y = draws("line").standard_normal((2, 2000))
    return lambda: wasserstein(x, y, order=1), lambda: stats.wasserstein_distance(x, y)


def energy_on_a_line() -> Pair:
    """Compare with SciPy, 20,000 against 20,000 points."""
    from toolbox import energy_distance

    x, y = draws("energy").standard_normal((2, 20_000))
    return lambda: energy_distance(x, y), lambda: stats.energy_distance(x, y)


def frechet() -> Pair:
    """Compare with torch-fidelity's distance, written in NumPy, 1000 x 256; ours has a contrast."""
    from synthesis import frechet_distance

    x, y = draws("frechet").standard_normal((2, 1000, 256))

    def peer() -> float:
        a, b = (np.cov(c, rowvar=False) for c in (x, y))
        shift = x.mean(axis=0) - y.mean(axis=0)
        both = np.sqrt(np.linalg.eigvals(a @ b).astype(complex)).real.sum()
        return shift @ shift + np.trace(a) + np.trace(b) - 2 * both

    return lambda: frechet_distance(x, y, dim=0, seed=0, resamples=0), peer


def neighbourhoods() -> Pair:
    """Compare with prdc, 1000 against 1000 points of 64 features, 5 neighbours."""
    from prdc import compute_prdc

    from synthesis import precision_recall

    x, y = draws("prdc").standard_normal((2, 1000, 64))

    def peer() -> dict:
        with redirect_stdout(io.StringIO()):  # it prints how many there are
            return compute_prdc(real_features=y, fake_features=x, nearest_k=5)

    return lambda: precision_recall(x, y, dim=0), peer


def _rbf(x: np.ndarray, y: np.ndarray, width: float) -> float:
    from sklearn.metrics.pairwise import rbf_kernel

    a, b, across = (rbf_kernel(*pair, gamma=0.5 / width**2) for pair in ((x, x), (y, y), (x, y)))
    n, m = len(x), len(y)
    within = (a.sum() - n) / (n * (n - 1)) + (b.sum() - m) / (m * (m - 1))
    return within - 2 * across.mean()


def kernel_discrepancy() -> Pair:
    """Compare with three of scikit-learn's rbf_kernel, 2000 x 50 points each, one bandwidth."""
    from toolbox import mmd

    x, y = draws("mmd").standard_normal((2, 2000, 50))
    return lambda: mmd(x, y, bandwidth=10.0), lambda: _rbf(x, y, 10.0)


def kernel_discrepancy_median() -> Pair:
    """Compare the same with the median of scikit-learn's distances between all pairs."""
    from sklearn.metrics import pairwise_distances

    from toolbox import mmd

    x, y = draws("mmd").standard_normal((2, 2000, 50))

    def peer() -> float:
        both = np.concatenate([x, y])
        apart = pairwise_distances(both)[np.triu_indices(len(both), 1)]
        return _rbf(x, y, np.median(apart))

    return lambda: mmd(x, y), peer


def retrieval(classes: int) -> Callable[[], Pair]:
    """Return the row of pytorch-metric-learning for so many classes of 2000 items."""

    def row() -> Pair:
        """Compare with its scores from 64 features; ours from distances, with AUC and intervals."""
        import torch
        from pytorch_metric_learning.distances import LpDistance
        from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
        from pytorch_metric_learning.utils.inference import CustomKNN

        from similarity import retrieval_scores

        torch.set_num_threads(1)
        labels = np.arange(2000) % classes
        rng = draws("retrieval")
        vectors = rng.standard_normal((2000, 64)) + rng.standard_normal((classes, 64))[labels] / 4
        distances = np.linalg.norm(vectors[:, None] - vectors, axis=2)
        calculator = AccuracyCalculator(
            include=("precision_at_1", "r_precision", "mean_average_precision_at_r"),
            k="max_bin_count",
            device=torch.device("cpu"),
            knn_func=CustomKNN(LpDistance(normalize_embeddings=False)),
        )
        given = torch.tensor(vectors), torch.tensor(labels)
        return (
            lambda: retrieval_scores(distances, labels, seed=0),
            lambda: calculator.get_accuracy(*given),
        )

    return row


class _Given:
    """A classifier whose features are its probabilities, as MAPIE wants one."""

    def __init__(self, classes: int) -> None:
        self.classes_, self.n_features_in_ = np.arange(classes), classes

    def fit(self, *_: object) -> "_Given":
        return self

    def predict(self, p: np.ndarray) -> np.ndarray:
        return p.argmax(axis=1)

    def predict_proba(self, p: np.ndarray) -> np.ndarray:
        return p

    def __sklearn_is_fitted__(self) -> bool:
        return True


def conformal_sets() -> Pair:
    """Compare with MAPIE's split conformal classifier, lac, 10,000 x 10; the fit alone."""
    from mapie.classification import SplitConformalClassifier
    from sklearn.base import BaseEstimator, ClassifierMixin

    from confidence import conformal

    class Given(ClassifierMixin, _Given, BaseEstimator):
        pass

    rng = draws("conformal")
    p = rng.dirichlet(np.ones(10), 10_000)
    y = (p.cumsum(axis=1) > rng.random((len(p), 1))).argmax(axis=1)
    model = Given(10)

    def peer() -> object:
        own = SplitConformalClassifier(model, confidence_level=0.9, conformity_score="lac")
        return own.conformalize(p, y)

    return lambda: conformal(p, y, alpha=0.1), peer


def surrogates() -> Pair:
    """Compare with a loop of NumPy's rfft, 4096 values, 50 iterations, with the same losses."""
    from synthesis import iaaft

    x = draws("iaaft").standard_normal(4096).cumsum()

    def peer() -> np.ndarray:
        rng = np.random.default_rng(0)
        amplitude, values = np.abs(np.fft.rfft(x)), np.sort(x)
        child, losses = rng.permutation(x), []
        for _ in range(50):
            spectrum = np.fft.rfft(child)
            losses.append(np.linalg.norm(np.abs(spectrum) - amplitude))
            imposed = np.fft.irfft(amplitude * np.exp(1j * np.angle(spectrum)), len(x))
            child = np.empty_like(x)
            child[np.argsort(imposed)] = values
        return child

    return lambda: iaaft(x, dim=1, seed=0, iterations=50), peer


def dimension(rank: int) -> Callable[[], Pair]:
    """Return the row of scikit-dimension for a cloud of so many dimensions."""

    def row() -> Pair:
        """Compare with its TwoNN and MLE (k = 10), 1000 points; ours simulates their bias."""
        from skdim.id import MLE, TwoNN

        from similarity import intrinsic_dimension

        rng = draws("dimension")
        x = rng.standard_normal((1000, rank)) @ rng.standard_normal((rank, 20))
        return (
            lambda: intrinsic_dimension(x, seed=0),
            lambda: (TwoNN().fit(x), MLE(K=10).fit(x)),
        )

    return row


ROWS = {
    "wasserstein, 1-D, n = 2000": (wasserstein_on_a_line, 0.5),
    "energy_distance, 1-D, n = 20,000": (energy_on_a_line, 0.5),
    "frechet_distance, 1000 x 256": (frechet, 0.3),
    "precision_recall, 1000 x 64": (neighbourhoods, 1),
    "mmd, 2000 x 50, bandwidth given": (kernel_discrepancy, 1),
    "mmd, 2000 x 50, median bandwidth": (kernel_discrepancy_median, 1),
    "retrieval_scores, n = 2000, 10 classes": (retrieval(10), 1),
    "retrieval_scores, n = 2000, 100 classes": (retrieval(100), 1),
    "conformal, lac, 10,000 x 10": (conformal_sets, 1),
    "iaaft, 4096": (surrogates, 1),
    "intrinsic_dimension, 3 of 20": (dimension(3), 0.5),
    "intrinsic_dimension, 10 of 20": (dimension(10), 0.5),
}
PEERS = ("prdc", "pytorch-metric-learning", "mapie", "scikit-dimension", "torch")
SPEED, MEMORY = "ratios (peer's time / ours)", "memory beside the data"


def ratios(wanted: dict) -> dict:
    """Return every row, or which package it lacks."""
    rows = {}
    for name, (row, bar) in wanted.items():
        try:
            ours, peer = row()
        except ImportError as error:
            rows[name] = {"missing": str(error)}
            continue
        found = alternating(ours, peer)
        rows[name] = found | {"bar": bar, "held": found["ratio"] >= bar}
        print(name, rows[name], flush=True)
    return rows


# ------------------------------------------------------------------------------------------ memory


def _two(features: tuple[int, ...], n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = draws("memory")
    return rng.standard_normal((n, *features)), rng.standard_normal((n, *features))


def large_permutation() -> Callable[[], object]:
    """Test 2 x 1e6 items of one feature, with fewer resamples: the blocks are as large."""
    from toolbox import permutation_p_value

    x, y = _two((), 10**6)
    return lambda: permutation_p_value(x, y, seed=0, resamples=99)


def large_bootstrap() -> Callable[[], object]:
    """Take 1e6 values."""
    from toolbox import bootstrap_interval

    x, _ = _two((), 10**6)
    return lambda: bootstrap_interval(x, seed=0)


def large_discrepancy() -> Callable[[], object]:
    """Take 2 x 1e5 points of 2 features, the bandwidth given: some minutes, as 2e10 pairs are."""
    from toolbox import mmd

    x, y = _two((2,), 100_000)
    return lambda: mmd(x, y, bandwidth=1.0)


def large_reliability() -> Callable[[], object]:
    """Take 1e6 items of 3 classes, with fewer resamples: the blocks are as large."""
    from confidence import reliability

    rng = draws("reliability")
    p = rng.dirichlet(np.ones(3), 10**6)
    y = (p.cumsum(axis=1) > rng.random((len(p), 1))).argmax(axis=1)
    return lambda: reliability(p, y, seed=0, resamples=99)


def large_retrieval() -> Callable[[], object]:
    """Score 20,000 items of 100 classes, distances in float32 (1.6 GB, not counted)."""
    from similarity import retrieval_scores

    rng, labels = draws("large retrieval"), np.arange(20_000) % 100
    vectors = rng.standard_normal((20_000, 16), dtype=np.float32)
    vectors += rng.standard_normal((100, 16), dtype=np.float32)[labels]
    distances = np.empty((20_000, 20_000), dtype=np.float32)
    for i in range(0, 20_000, 500):
        distances[i : i + 500] = (vectors**2).sum(axis=1) - 2 * vectors[i : i + 500] @ vectors.T
    return lambda: retrieval_scores(distances, labels, seed=0)


LARGE = {
    "permutation_p_value, 2 x 1e6, 99 resamples": (large_permutation, 1.0),
    "bootstrap_interval, 1e6": (large_bootstrap, 1.0),
    "mmd, 2 x 1e5 points of 2 features": (large_discrepancy, 1.0),
    "reliability, 1e6 x 3, 99 resamples": (large_reliability, 1.0),
    "retrieval_scores, n = 20,000, 100 classes": (large_retrieval, 1.0),
}


def in_a_fork(prepare: Callable[[], Callable[[], object]]) -> dict:
    """Return seconds, and the gigabytes that a call added to what its data took."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        call = prepare()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        began = time.perf_counter()
        call()
        taken = time.perf_counter() - began
        peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        added = (peak - pages * resource.getpagesize()) / 1e9
        found = {"seconds": round(taken, 1), "gigabytes": round(added, 3)}
        found["of the processor"] = round(time.process_time(), 1)  # the data's making too
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return json.loads(said) if said else {"missing": "no answer"}


def memory(rows: dict) -> dict:
    """Return every row's seconds and gigabytes."""
    found = {}
    for name, (prepare, bar) in rows.items():
        row = in_a_fork(prepare)
        found[name] = row | {"bar": bar, "held": row.get("gigabytes", np.inf) <= bar}
        print(name, found[name], flush=True)
    return found


def main(wanted: list[str]) -> None:
    """Run everything, or the rows whose names begin with a word that is wanted; write the JSON."""
    path = RESULTS / "ratios_cpu.json"
    figures = json.loads(path.read_text()) if wanted and path.exists() else {}
    figures = {part: figures.get(part, {}) for part in (SPEED, MEMORY)}

    def asked(rows: dict) -> dict:
        return {n: row for n, row in rows.items() if not wanted or n.startswith(tuple(wanted))}

    with threadpool_limits(1):
        figures[SPEED] |= ratios(asked(ROWS))
        figures[MEMORY] |= memory(asked(LARGE))
    libraries = ("numpy", "scipy", "scikit-learn", *filter(_installed, PEERS))
    print(json.dumps(write("ratios", figures, libraries=libraries), indent=2))


def _installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
