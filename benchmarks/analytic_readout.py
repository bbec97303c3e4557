"""An analytic readout against one matrix product: ``python -m benchmarks.analytic_readout``.

1e5 items of 1024 features and 100 classes are learned and predicted with; beside it one product of
two such matrices (BLAS gemm in float64, which is what the sums cost if they are computed plainly),
NumPy's x.T @ x (which computes half of it, by symmetry), and the recursive form (Woodbury's
identity on the inverse, block by block). Then how far each is from the joint regression, when
answers come in any order, 5 % are corrected and a class is unlearned. Set OMP_NUM_THREADS=1; the
least of some rounds, in which all take turns.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import provenance
from labelling import Analytic, analytic, forget, learn, predict

N, FEATURES, CLASSES, RIDGE, BLOCK = 100_000, 1024, 100, 1.0, 256


def items(n: int, features: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return float64 features of normal classes, and their labels."""
    rng = np.random.default_rng(0)
    y = rng.integers(classes, size=n)
    x = rng.standard_normal((n, features), dtype=np.float32)
    x += 0.3 * rng.standard_normal((classes, features), dtype=np.float32)[y]
    return x.astype(np.float64), y


def learned(x: np.ndarray, y: np.ndarray) -> Analytic:
    """Learn all items, and solve once, as a prediction does."""
    state = learn(analytic(x[:2], ridge=RIDGE), x, y)
    predict(state, x[:1])
    return state


def recursive(x: np.ndarray, y: np.ndarray, classes: int, dtype: type = np.float64) -> np.ndarray:
    """Return the coefficients by the recursive form: the inverse, updated block by block.

    The constant is held near 0 as the others are: an inverse must exist before the first block.
    """
    h = np.column_stack([x, np.ones(len(x))]).astype(dtype)
    one_hot = np.eye(classes, dtype=dtype)
    inverse = np.eye(h.shape[1], dtype=dtype) / dtype(RIDGE)
    w = np.zeros((h.shape[1], classes), dtype=dtype)
    for start in range(0, len(x), BLOCK):
        block = h[start : start + BLOCK]
        seen = inverse @ block.T
        gain = np.linalg.solve(np.eye(len(block), dtype=dtype) + block @ seen, seen.T)
        inverse -= seen @ gain
        error = one_hot[y[start : start + BLOCK]] - block @ w
        w += inverse @ (block.T @ error)
    return w


def joint(x: np.ndarray, y: np.ndarray, *, held: bool) -> np.ndarray:
    """Return the coefficients of one ridge regression, by QR; `held`: the constant's too."""
    h = np.column_stack([x, np.ones(len(x))])
    ridge = np.sqrt(RIDGE) * np.eye(h.shape[1])[: None if held else -1]
    wanted = (y[:, None] == np.unique(y)) * 1.0
    q, r = np.linalg.qr(np.concatenate([h, ridge]))
    return np.linalg.solve(
        r, q.T @ np.concatenate([wanted, np.zeros((len(ridge), wanted.shape[1]))])
    )


def seconds(run: Callable[[], Any]) -> float:
    """Return the CPU seconds of a function."""
    start = time.process_time()
    run()
    return time.process_time() - start


def speed(n: int, rounds: int) -> dict[str, Any]:
    """Time the readout, the products and the recursive form."""
    x, y = items(n, FEATURES, CLASSES)
    other = x.copy()
    ways = {
        "analytic": lambda: learned(x, y),
        "one matrix product": lambda: x.T @ other,
        "x.T @ x": lambda: x.T @ x,
    }
    times = [{name: seconds(run) for name, run in ways.items()} for _ in range(rounds)]
    least = {name: min(each[name] for each in times) for name in ways}
    least["recursive"] = seconds(lambda: recursive(x, y, CLASSES))
    return {
        "cpu_s": least,
        "analytic over one matrix product": least["analytic"] / least["one matrix product"],
        "analytic over x.T @ x": least["analytic"] / least["x.T @ x"],
        "recursive over analytic": least["recursive"] / least["analytic"],
    }


def exactness(n: int = 3000, features: int = 256, classes: int = 20) -> dict[str, float]:
    """Return the largest differences of logits from those of the joint regression."""
    x, y = items(n, features, classes)
    rng = np.random.default_rng(1)
    told = np.where(rng.random(n) < 0.05, (y + 1) % classes, y)
    state = analytic(x, ridge=RIDGE)
    for part in np.array_split(rng.permutation(n), 50):
        state = learn(state, x[part], told[part])
    wrong = told != y
    state = learn(forget(state, x[wrong], told[wrong]), x[wrong], y[wrong])
    state = forget(state, x[y == 3], y[y == 3])
    h, left = np.column_stack([x, np.ones(n)]), y != 3
    exact = h @ joint(x[left], y[left], held=False)
    found = {"analytic": float(np.abs(predict(state, x).logits - exact).max())}
    wanted = h @ joint(x, y, held=True)
    for dtype in (np.float64, np.float32):
        logits = h @ recursive(x, y, classes, dtype).astype(np.float64)
        name = f"recursive, {np.dtype(dtype).name}, nothing corrected"
        found[name] = float(np.abs(logits - wanted).max())
    return found


def main(n: int = N, rounds: int = 3) -> None:
    """Measure, print and keep."""
    figures = {
        "items": n,
        "features": FEATURES,
        "classes": CLASSES,
        "rounds": rounds,
        "largest difference of logits from the joint regression": exactness(),
        **speed(n, rounds),
    }
    print(figures)
    provenance.write("analytic_readout", figures, libraries=("numpy", "scipy"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
