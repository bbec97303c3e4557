"""Shapley values by their definition: the mean over all orders of what each player adds."""

from itertools import permutations

import numpy as np


def shapley_by_orders(value, players):
    """Return the values of a game ``value(frozenset)``."""
    total = np.zeros(players)
    orders = list(permutations(range(players)))
    for order in orders:
        inside = frozenset()
        for player in order:
            total[player] += value(inside | {player}) - value(inside)
            inside = inside | {player}
    return total / len(orders)
