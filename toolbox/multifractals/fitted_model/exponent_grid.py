"""Simulations of the fitted model on a grid of its exponents, and the model that fits an estimate.

Walks are simulated at the nodes of a grid of (H, lambda^2), when first needed, with the same random
numbers at every node; between nodes the figures of each walk are interpolated. An item's result
therefore does not depend on the items analysed with it.
"""

from math import floor
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from toolbox.core import checks
from toolbox.multifractals.fitted_model.simulated_walks import (
    analysed_walks,
    noises_of,
    true_cumulants,
    true_figures,
)
from toolbox.multifractals.multifractal_analysis import Analysis, Multifractal

# Between its nodes the bias is interpolated; every further node costs a set of simulations.
HURST_STEP, STRENGTH_STEP = 0.05, 0.02
HURST_RANGE = (0.05, 0.95)  # the grid's first and last H
MOST_STRENGTH = 0.4  # its last lambda^2, times the number of axes
BEYOND = 0.25  # how far outside its range an estimate of H may be before its bias is taken off
# The fixed point contracts by the slope b' of the bias, up to .2 as a rule: some seven steps.
ITERATIONS, TOLERANCE = 30, 1e-5
STRETCH = (0.5, 2.0)  # limits of 1 + b', which few simulations leave uncertain
SETTLED = 0.005  # how near a solution must come
FEWEST_DRAWS = 8  # the variance of a bias and the widening are taken from them

Fit = dict[str, float]


class Item(NamedTuple):
    """What a model is fitted to: one item's cumulants (M,), and how they were read.

    `gamma` is its order of integration, `slope_weights` (j2 - j1 + 1, M) those over its scales.
    """

    cumulants: np.ndarray
    gamma: float
    slope_weights: np.ndarray


def item_of(estimate: Multifractal, i: tuple) -> Item:
    """Return item i of an estimate."""
    return Item(
        cumulants=estimate.cumulants[i].astype(np.float64),
        gamma=float(estimate.gamma[i]),
        slope_weights=estimate.analysis.slope_weights[i],
    )


class WalkGrid:
    """Simulations for one analysis: `fit` finds an item's model, `errors` what it makes."""

    def __init__(
        self, analysis: Analysis, *, draws: int, seed: int, device: str, progress: bool
    ) -> None:
        self.analysis, self.draws, self.device = analysis, draws, device
        self.noises = noises_of(seed, draws=draws, space=analysis.space)
        self.nodes: dict[tuple, dict[str, np.ndarray]] = {}
        self.bar = tqdm(desc="simulations", unit="node", disable=None if progress else True)

    def node(self, draws: int, **exponents: Any) -> dict[str, np.ndarray]:
        """Return the figures of the walks at one node."""
        key = (draws, *sorted(exponents.items()))
        if key not in self.nodes:
            options = {"draws": draws, "noises": self.noises, "device": self.device}
            self.nodes[key] = analysed_walks(self.analysis, **exponents, **options)
            self.bar.update()
        return self.nodes[key]

    def fit(self, item: Item, *, monofractal: bool = False) -> Fit:
        """Return the exponents and the order whose mean estimate is the item's."""
        for order in _orders(_hurst(item.cumulants, monofractal=monofractal)):
            found = self._solved(item, order, monofractal=monofractal)
            if order < found["hurst"] < order + 1:
                break
        return found

    def _solved(self, item: Item, order: int, *, monofractal: bool) -> Fit:
        c = item.cumulants
        for _ in range(ITERATIONS):
            strength = 0.0 if monofractal else max(float(-c[1]), 0.0)
            found = {"hurst": float(c[0]) - strength, "strength": strength, "order": order}
            before, c = c, item.cumulants - self._bias(item, **found)
            if np.abs(c - before)[: 1 if monofractal else 2].max() < TOLERANCE:
                break
        return found

    def explains(self, cumulants: np.ndarray, *, hurst: float, strength: float, order: int) -> bool:
        """Say whether the model is on the grid, and is that of the calibrated cumulants."""
        first, last = HURST_RANGE
        inside = first - HURST_STEP <= hurst - order <= last + HURST_STEP
        inside = inside and strength <= MOST_STRENGTH * self.analysis.dim
        misses = (cumulants[0] - hurst - strength, max(-cumulants[1], 0.0) - strength)
        return bool(inside and np.abs(misses).max() < SETTLED)

    def stretch(self, item: Item, *, hurst: float, strength: float, order: int) -> np.ndarray:
        """Return by what taking the bias off multiplies errors of c_1, c_2, ...: (M,).

        c + b(c) is what was measured: an error of it is one of c times 1 / (1 + b'), b' the slope
        of the bias over the cell of the grid, of c_1 along c_1 and of c_2 along c_2.
        """
        result = np.ones(len(item.cumulants))
        a, b = _cell(hurst - order, strength, self.analysis.dim)
        first, last = (HURST_RANGE[0] + k * HURST_STEP + order for k in (a, a + 1))
        by_hurst = [
            self._bias(item, hurst=H, strength=strength, order=order) for H in (first, last)
        ]
        result[0] += (by_hurst[1][0] - by_hurst[0][0]) / HURST_STEP
        low, high = b * STRENGTH_STEP, (b + 1) * STRENGTH_STEP
        by_strength = [self._bias(item, hurst=hurst, strength=s, order=order) for s in (low, high)]
        result[1] -= (by_strength[1][1] - by_strength[0][1]) / STRENGTH_STEP  # c_2 = -lambda^2
        return 1 / np.clip(result, *STRETCH)

    def _bias(self, item: Item, *, hurst: float, strength: float, order: int) -> np.ndarray:
        """Return the mean of `errors` of the cumulants: a fit asks for it at every step."""
        total: Any = 0
        for H, s, share in _corners(hurst - order, strength, self.analysis.dim):
            walks = self.node(self.draws, hurst=H, strength=s, order=order, gamma=item.gamma)
            true = true_cumulants(H + order, s, len(item.cumulants))
            total = total + share * (self._cumulants(item, walks["log_cumulants"]) - true)
        return total.mean(axis=0)

    def _cumulants(self, item: Item, log_cumulants: np.ndarray) -> np.ndarray:
        """Return what each walk's curves (draws, J, M) give over the item's scales."""
        j1, j2 = self.analysis.scales
        cumulants = (log_cumulants[:, j1 - 1 : j2] * item.slope_weights).sum(axis=1)
        cumulants[:, 0] -= item.gamma
        return cumulants

    def errors(
        self,
        item: Item,
        *,
        hurst: float,
        strength: float,
        order: int,
        draws: int | None = None,
        **model: Any,
    ) -> dict[str, np.ndarray]:
        """Return by how much each walk's figures miss the truth, analysed as the item was.

        Names: cumulants (draws, M), zeta, h, D (draws, Q), log_cumulants (draws, J, M) as they are,
        and the widening of the bootstrap's variance (M,).
        """
        dim = self.analysis.dim
        truth = {"orders": len(item.cumulants), "dim": dim}
        total: dict[str, Any] = {}
        for H, s, share in _corners(hurst - order, strength, dim):
            at = {"hurst": H, "strength": s, "order": order, "gamma": item.gamma}
            got = dict(self.node(draws or self.draws, **at, **model))
            got["cumulants"] = self._cumulants(item, got["log_cumulants"])
            variance = got.pop("variance", None)
            got["widening"] = widening_of(variance, got["cumulants"], self.analysis.blocks)
            true = true_figures(H + order, s, **truth)
            for name, value in got.items():
                total[name] = total.get(name, 0) + share * (value - true.get(name, 0))
        return total


def check_estimate(estimate: Any) -> None:
    """Refuse what is not an estimate of two cumulants, or not of walks."""
    if not isinstance(estimate, Multifractal):
        checks.refuse("estimate", "what multifractal returned", checks.describe_value(estimate))
    if estimate.cumulants.shape[-1] < 2:
        checks.refuse("estimate", "two cumulants or more (orders=2)", "c_1 alone")
    hurst = estimate.cumulants[..., 0] - np.maximum(-estimate.cumulants[..., 1], 0)
    low, high = (-1, 2) if estimate.analysis.dim == 1 else (0, 1)
    outside = hurst[(hurst < low - BEYOND) | (hurst > high + BEYOND)]
    if len(outside):
        wanted = f"c_1 + c_2, the H of its model, from {low} to {high}"
        checks.refuse("estimate", wanted, f"{outside[0]:.2f}")


def _hurst(cumulants: np.ndarray, *, monofractal: bool) -> float:
    return float(cumulants[0] - (0 if monofractal else max(-cumulants[1], 0)))


def _orders(hurst: float) -> tuple[int, ...]:
    """Return which sums of a walk to try: itself, then its increments or its running sum."""
    other = -1 if hurst < 0.5 else 1
    return (0, other) if -BEYOND < hurst < 1 + BEYOND else (other,)


def widening_of(variance: np.ndarray | None, cumulants: np.ndarray, blocks: int) -> np.ndarray:
    """Return by what to multiply the bootstrap's variance, so that draws follow Student's law.

    Errors over standard errors of B blocks then have the variance (B - 1) / (B - 3).
    """
    if variance is None:
        return np.full(cumulants.shape[1], np.nan)
    square = (cumulants - cumulants.mean(axis=0)) ** 2 / variance
    draws = len(cumulants)
    return square.sum(axis=0) / (draws - 1) * (blocks - 3) / (blocks - 1)


def _corners(hurst: float, strength: float, dim: int) -> list[tuple[float, float, float]]:
    """Return the grid's nodes around a point, at most four, and their shares in it."""
    first, (x, y) = HURST_RANGE[0], _place(hurst, strength, dim)
    a, b = floor(x), floor(y)
    return [
        (round(first + k * HURST_STEP, 9), round(m * STRENGTH_STEP, 9), u * v)
        for k, u in ((a, 1 - (x - a)), (a + 1, x - a))
        for m, v in ((b, 1 - (y - b)), (b + 1, y - b))
        if u * v > 0
    ]


def _place(hurst: float, strength: float, dim: int) -> tuple[float, float]:
    """Return a point of the grid in steps from its first node."""
    first, last = HURST_RANGE
    x = np.clip((hurst - first) / HURST_STEP, 0, (last - first) / HURST_STEP)
    y = np.clip(strength / STRENGTH_STEP, 0, MOST_STRENGTH * dim / STRENGTH_STEP)
    # A point on a node, but for rounding, needs no other.
    return tuple(float(round(v)) if abs(v - round(v)) < 1e-9 else float(v) for v in (x, y))


def _cell(hurst: float, strength: float, dim: int) -> tuple[int, int]:
    """Return the first node of the cell that holds a point, the last cell at the far ends."""
    x, y = _place(hurst, strength, dim)
    ends = (
        round((HURST_RANGE[1] - HURST_RANGE[0]) / HURST_STEP),
        round(MOST_STRENGTH * dim / STRENGTH_STEP),
    )
    return min(floor(x), ends[0] - 1), min(floor(y), ends[1] - 1)
