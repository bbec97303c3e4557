"""The fitted model of an analysis: multifractal walks of known exponents, analysed as data were.

Exponents are (H, lambda^2) of a multifractal walk or field, fractional Brownian for lambda^2 = 0;
`order` says how often it is summed: -1 its increments, 0 itself, 1 its running sum. Every model is
drawn with the same random numbers, so that results are smooth in the exponents.
"""

from collections.abc import Callable
from functools import cache
from math import ceil, prod
from typing import Any

import numpy as np

from toolbox.core.streams import generator, integer
from toolbox.multifractals.block_bootstrap import block_paddings
from toolbox.multifractals.exponents import exponents
from toolbox.multifractals.leader_sums import Q, leader_sums
from toolbox.multifractals.multifractal_analysis import Analysis
from toolbox.multifractals.scaling_range import leader_boxes
from toolbox.multifractals.slopes import bootstrap_errors, count_weights
from toolbox.multiscale.wavelet_transform import filters
from toolbox.processes.multifractal_walks import STREAM, walk_maker, white_noises

SAMPLES_AT_ONCE = 2**21  # 16 MB, and the leaders of all scales with them
MOST_KEPT = 2**24  # values of white noise, 128 MB: drawing them is half of a simulation's time
RESAMPLES = 200  # a bootstrap variance of one walk is then uncertain by 10 %, and many are averaged


Noises = Callable[[tuple[int, ...], int, int], tuple[np.ndarray, np.ndarray]]


def noises_of(seed: int, *, draws: int, space: tuple[int, ...]) -> Noises:
    """Return what draws the white noises of a walk; few ones are kept for all models.

    Its arguments are the walk's size, its part and its number in that part.
    """

    def drawn(size: tuple[int, ...], part: int, item: int) -> tuple[np.ndarray, np.ndarray]:
        stream = generator(integer(seed, "fitted walk", part), STREAM, item)
        return white_noises(stream, size)

    values = draws * 2 * prod(2 * n for n in space)
    return cache(drawn) if values <= MOST_KEPT else drawn


def analysed_walks(
    made: Analysis,
    *,
    hurst: float,
    strength: float,
    order: int,
    gamma: float,
    draws: int,
    noises: Noises,
    device: str,
    **model: Any,
) -> dict[str, np.ndarray]:
    """Draw walks and analyse them as items were: the figures of every draw.

    `model` goes to `walk_maker`. Returns log_cumulants (draws, J, M), zeta, h and D
    (draws, Q), and the bootstrap's variance (draws, M) where items were resampled.
    """
    size = tuple(n - min(order, 0) for n in made.space)
    at_once = max(1, min(draws, SAMPLES_AT_ONCE // int(np.prod(size))))
    walk_of = walk_maker(size, hurst=hurst, strength=strength, **model)
    parts = []
    for part in range(ceil(draws / at_once)):
        number = min(at_once, draws - part * at_once)
        walks = np.stack([walk_of(*noises(size, part, item)) for item in range(number)])
        parts.append(_analysed(made, _summed(walks, order), gamma, device))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def true_cumulants(hurst: float, strength: float, orders: int) -> np.ndarray:
    """Return the walk's cumulants (M,)."""
    return np.array([hurst + strength, -strength, 0.0, 0.0])[:orders]


def true_figures(
    hurst: float, strength: float, *, orders: int, dim: int, q: Any = Q
) -> dict[str, np.ndarray]:
    """Return the walk's cumulants (M,), zeta, h and D (Q,).

    Beyond |q| = sqrt(2 dim) / lambda, where D would be negative, the exponents of a sample go on
    as a straight line (Lashermes, Abry & Chainais 2004).
    """
    q = np.asarray(q, dtype=np.float64)
    c = true_cumulants(hurst, strength, orders)
    most = np.sqrt(2 * dim / strength) if strength > 0 else np.inf
    inner = np.clip(q, -most, most)
    h = hurst + strength - strength * inner
    D = dim - strength * inner**2 / 2
    return {"cumulants": c, "zeta": dim + q * h - D, "h": h, "D": D}


def _summed(walks: np.ndarray, order: int) -> np.ndarray:
    if order == 0:
        return walks
    return np.diff(walks, axis=-1) if order < 0 else np.cumsum(walks, axis=-1)


def _analysed(
    made: Analysis, values: np.ndarray, gamma: float, device: str
) -> dict[str, np.ndarray]:
    scales, p, orders = made.scales, made.p, made.slope_weights.shape[-1]
    bank = filters(made.wavelet)
    every = leader_boxes(made.space, length=len(bank[0]))
    counts = np.array([np.prod(box.size) for box in every])
    boxes = every[scales[0] - 1 : scales[1]]
    blocks = block_paddings(boxes) if made.blocks else ()
    options = {"p": p, "gamma": gamma, "orders": orders, "blocks": blocks, "device": device}
    sums = leader_sums(values, bank, scales, **options)
    weights = count_weights(counts, scales)[None, :, None]
    q = np.array(Q, dtype=np.float64)
    figures = exponents(sums, counts, scales, weights=weights, q=q, p=p, dim=made.dim)
    kept = {name: figures[name] for name in ("log_cumulants", "zeta", "h", "D")}
    if made.blocks:
        drawing = {"resamples": RESAMPLES, "seed": 0}
        kept["variance"] = bootstrap_errors(sums["block_sums"], boxes, scales, **drawing) ** 2
    return kept
