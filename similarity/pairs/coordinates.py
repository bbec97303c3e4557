"""Statistics between rows of features: half squared distances, or sums of log cosh."""

from dataclasses import dataclass

import numpy as np

Rows = slice | np.ndarray


@dataclass(frozen=True)
class Coordinates:
    """Points (n, F) with sum_f w_f log cosh((x_f - y_f) / 2) between them.

    Without weights the statistic is sum_f (x_f - y_f)^2 / 2. With `null` (n,) it is divided by the
    sum of both items' shares in its mean between images of one law.
    """

    points: np.ndarray
    weights: np.ndarray | None = None
    null: np.ndarray | None = None

    def between(self, rows: Rows, columns: Rows) -> np.ndarray:
        """Return the statistic of rows against columns; nothing larger than its table is held."""
        x, y = self.points[rows], self.points[columns]
        if self.weights is None:
            result = half_squares(x, y)
        else:
            result = _log_cosh_sums(x, y, self.weights)
        if self.null is not None:
            result /= self.null[rows][:, None] + self.null[columns]
        return result

    def rearranged(self, order: np.ndarray, dtype: np.dtype) -> "Coordinates":
        """Return the points in another order and precision."""
        return Coordinates(
            points=self.points[order].astype(dtype),
            weights=None if self.weights is None else self.weights.astype(dtype),
            null=None if self.null is None else self.null[order].astype(dtype),
        )


def half_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return |x - y|^2 / 2 of all rows; points should be centred, or digits are lost."""
    result = x @ y.T
    np.negative(result, out=result)
    result += ((x**2).sum(axis=1) / 2)[:, None]
    result += (y**2).sum(axis=1) / 2
    return np.maximum(result, 0, out=result)


def _log_cosh_sums(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return sum_f w_f log cosh(d_f / 2), log cosh(d / 2) = log(1 + 2 sinh(d / 4)^2).

    sinh((x - y) / 4) is a sum of two products of exponentials of one side each, so that only the
    logarithm is taken pair by pair; log1p keeps small differences exact.
    """
    root = np.sqrt(x.dtype.type(0.5))
    left = np.stack([np.exp(x / 4), -np.exp(-x / 4)], axis=2).transpose(1, 0, 2) * root
    right = np.stack([np.exp(-y / 4), np.exp(y / 4)], axis=2).transpose(1, 2, 0)
    total = np.zeros((len(x), len(y)), x.dtype)
    term = np.empty_like(total)
    for a, b, weight in zip(left, right, weights, strict=True):
        np.matmul(a, b, out=term)
        np.square(term, out=term)
        np.log1p(term, out=term)
        term *= weight
        total += term
    return total
