"""Retrieval scores written slowly: sort, count, and average over every order of the ties."""

from itertools import permutations, product

import numpy as np


def scores_of_order(relevant):
    """P@1, R-precision and MAP@R of one ranked list of 0/1 relevances (Musgrave et al., 2020)."""
    total = sum(relevant)
    precision_at = [sum(relevant[: i + 1]) / (i + 1) if relevant[i] else 0.0 for i in range(total)]
    return np.array([relevant[0], sum(relevant[:total]) / total, sum(precision_at) / total])


def scores_of_query(distances, relevant):
    """Average the scores over every order of the tied items."""
    groups = [
        [r for d, r in zip(distances, relevant, strict=True) if d == value]
        for value in sorted(set(distances))
    ]
    orders = product(*(list(permutations(group)) for group in groups))
    return np.mean([scores_of_order([r for group in o for r in group]) for o in orders], axis=0)


def scores(distances, labels):
    """Mean over the queries whose label has another member."""
    n, result = len(labels), []
    for q in range(n):
        others = [j for j in range(n) if j != q]
        relevant = [int(labels[j] == labels[q]) for j in others]
        if any(relevant):
            result.append(scores_of_query([distances[q][j] for j in others], relevant))
    return np.mean(result, axis=0)
