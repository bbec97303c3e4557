"""Logistic lines through judged pairs: the most probable ones, and a proof that they are."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from toolbox.core.checks import refuse

# Nats of log-posterior that the line given may lack of the most probable one, in all and a
# judgement: a posterior's width is half a nat, and sums of many weights are rounded.
GAIN, GAIN_EACH = 1e-4, 1e-9
WIDEST = 4.0  # step of the second search in a or log b: two standard deviations of nearly all


def logistic_line(
    score: np.ndarray, same: np.ndarray, weights: np.ndarray | None = None, *, error: float = 0.0
) -> tuple[float, float]:
    """Return intercept and slope > 0 of log-odds = a + b score, b kept near its prior median 1."""
    a, b = _fitted(score[:, None], same, weights, error)
    return float(a), float(b)


def two_slopes(
    score: np.ndarray, same: np.ndarray, weights: np.ndarray | None = None, *, error: float = 0.0
) -> tuple[float, float, float]:
    """Return intercept and two slopes > 0 of log-odds = a + `bent` (score) @ slopes."""
    a, below, above = _fitted(bent(score), same, weights, error)
    return float(a), float(below), float(above)


def bent(score: np.ndarray) -> np.ndarray:
    """Return log P and -log(1 - P), P = expit(score), along a last axis; their sum is the score."""
    return np.stack([-np.logaddexp(0, -score), np.logaddexp(0, score)], axis=-1)


@dataclass(frozen=True)
class _Posterior:
    """Minus the log-posterior of intercept and logarithms of slopes, to be minimised."""

    x: np.ndarray
    sign: np.ndarray
    weights: np.ndarray
    error: float

    def value_and_slope(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the value and its slope in each parameter."""
        a, log_b, b = parameters[0], parameters[1:], np.exp(parameters[1:])
        log_answer, pull, _ = self._answers(parameters)
        slope = self.weights * self.sign * pull
        value = -(self.weights @ log_answer) + a**2 / 50 + log_b @ log_b / 2
        return value, np.r_[a / 25 - slope.sum(), log_b - b * (slope @ self.x)]

    def curvature(self, parameters: np.ndarray) -> np.ndarray:
        """Return the matrix of second derivatives."""
        b = np.exp(parameters[1:])
        _, pull, p = self._answers(parameters)
        bend = self.weights * pull * (pull - 1 + 2 * p)  # -d^2 log P(answer) / d eta^2
        along = np.column_stack([np.ones(len(p)), self.x * b])
        own = np.r_[1 / 25, 1 - b * ((self.weights * self.sign * pull) @ self.x)]
        return (along.T * bend) @ along + np.diag(own)

    def _answers(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return log P(answer) = log(error + (1 - 2 error) p), its slope in eta, and p."""
        eta = self.sign * (parameters[0] + self.x @ np.exp(parameters[1:]))
        floor = np.log(self.error / (1 - 2 * self.error)) if self.error > 0 else -np.inf
        log_p = -np.logaddexp(0, -eta)
        log_answer = np.logaddexp(floor, log_p)
        return log_answer, np.exp(log_p - log_answer) * expit(-eta), expit(eta)

    def lacks(self, parameters: np.ndarray) -> float:
        """Return what a Newton step still gains; infinite where this is no minimum."""
        slope, curvature = self.value_and_slope(parameters)[1], self.curvature(parameters)
        if not (np.isfinite(slope).all() and np.isfinite(curvature).all()):
            return np.inf
        values, vectors = np.linalg.eigh(curvature)
        return float(((vectors.T @ slope) ** 2 / values).sum() / 2) if values[0] > 0 else np.inf


def _fitted(
    x: np.ndarray, same: np.ndarray, weights: np.ndarray | None, error: float
) -> np.ndarray:
    """Return intercept and positive slopes of a logistic model of `same`.

    The most probable ones under a ~ N(0, 5^2), log b ~ N(0, 1): mild enough to be forgotten after
    some tens of pairs, and finite where the pairs are separable. Answers that are wrong with
    probability `error` < 1/2 say "same" with probability error + (1 - 2 error) P(same).
    """
    weights = np.ones(len(same)) if weights is None else weights
    posterior = _Posterior(x, 2 * same - 1, weights, error)
    start = np.zeros(1 + x.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):  # a search may try what it then leaves
        found = minimize(posterior.value_and_slope, start, jac=True, method="BFGS").x
        allowed = GAIN + GAIN_EACH * weights.sum()
        lacks = posterior.lacks(found)
        if not lacks <= allowed:
            found = _by_curvature(posterior, start)
            lacks = posterior.lacks(found)
    if not lacks <= allowed:
        got = f"scores up to {np.abs(x).max():.3g} and weights that sum to {weights.sum():.3g}"
        refuse("pairs", "scores and weights of a size that a line can be put through", got)
    return np.r_[found[0], np.exp(found[1:])]


def _by_curvature(posterior: _Posterior, start: np.ndarray) -> np.ndarray:
    """Return where steps by the second derivatives end; the start where numbers overflow."""
    try:
        return minimize(
            posterior.value_and_slope,
            start,
            jac=True,
            hess=posterior.curvature,
            method="trust-exact",
            options={"max_trust_radius": WIDEST, "maxiter": 1000, "gtol": 0.0},
        ).x
    except (ValueError, np.linalg.LinAlgError):  # of a matrix that is not finite
        return start
