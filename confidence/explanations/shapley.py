"""Shapley values of groups of cells: exactly, over all coalitions, or over sampled orders."""

from math import factorial
from typing import Any

import numpy as np

from toolbox.core import checks

MOST_GROUPS = 14  # 16,384 coalitions


def cell_groups(groups: Any, cells: tuple[int, int]) -> np.ndarray:
    """Return which group each cell (T, B) belongs to, numbered from 0.

    `groups` is "bands", "dates", "cells", labels (T, B) or masks (G, T, B) that share out all
    cells.
    """
    t, b = cells
    if isinstance(groups, str):
        checks.choice(groups, "groups", ("bands", "dates", "cells"))
        whole = {
            "bands": np.broadcast_to(np.arange(b), cells),
            "dates": np.broadcast_to(np.arange(t)[:, None], cells),
            "cells": np.arange(t * b).reshape(cells),
        }
        return whole[groups]
    checks.without_mask(groups, "groups", f"labels of shape {cells} or masks (groups, {t}, {b})")
    array = np.asarray(groups)
    if array.shape == cells:
        flat = checks.labels(array.reshape(-1), "groups", length=t * b)
        return np.unique(flat, return_inverse=True)[1].reshape(cells)
    masks = checks.real_array(groups, "groups")
    if masks.ndim != 3 or masks.shape[1:] != cells:
        wanted = f"labels of shape {cells}, masks (groups, {t}, {b}), 'bands', 'dates' or 'cells'"
        checks.refuse("groups", wanted, f"shape {masks.shape}")
    covered = (masks != 0).sum(axis=0)
    for bad, what in ((covered > 1, "in several groups"), (covered == 0, "in none")):
        if bad.any():
            at = tuple(int(k) for k in np.argwhere(bad)[0])
            got = f"{int(bad.sum())} cells {what}, the first at {at}"
            checks.refuse("groups", "each cell in one group", got)
    return (masks != 0).argmax(axis=0)


def coalitions(players: int) -> np.ndarray:
    """Return all 2^G coalitions as truth values (2^G, G), the empty one first."""
    numbers = np.arange(1 << players)
    return (numbers[:, None] >> np.arange(players)) & 1 == 1


def shapley_weights(players: int) -> np.ndarray:
    """Return the matrix (2^G, G) that turns the values of all coalitions into Shapley values.

    ``phi_g = sum over S without g of |S|! (G - |S| - 1)! / G! (v(S with g) - v(S))``
    (Shapley, 1953).
    """
    total = factorial(players)
    weight = [factorial(s) * factorial(players - s - 1) / total for s in range(players)]
    members = coalitions(players)
    size = members.sum(axis=1)
    joined = np.append(weight, 0.0)[np.maximum(size - 1, 0)]
    absent = np.append(weight, 0.0)[size]
    return np.where(members, joined[:, None], -absent[:, None])


def orders(players: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Return random orders (number, G), every second the reverse of the one before.

    A player late in one is early in the other, which takes out what is odd in the position.
    """
    drawn = [rng.permutation(players) for _ in range((number + 1) // 2)]
    return np.stack([order for one in drawn for order in (one, one[::-1])])[:number]


def marginals(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return each player's contribution, from the values (..., G + 1) of a growing coalition."""
    found = np.empty((*values.shape[:-1], len(order)))
    found[..., order] = np.diff(values, axis=-1)
    return found


def growing(order: np.ndarray) -> np.ndarray:
    """Return the G + 1 coalitions of an order, from the empty one on."""
    rank = np.argsort(order)
    return np.arange(len(order) + 1)[:, None] > rank
