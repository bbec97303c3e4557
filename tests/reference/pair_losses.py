"""Losses of pairs written as double and triple loops; `strength` is what a pair counts."""

import numpy as np


def mean(terms):
    """Return the mean of (value, weight) rows."""
    values, weights = np.array(terms).T
    return np.average(values, weights=weights)


def cosines(z):
    return [[float(np.dot(a, b)) for b in z] for a in z]


def ntxent(z, relation, strength=None, temperature=0.1):
    strength = np.ones((len(z), len(z))) if strength is None else strength
    s, m, terms = cosines(z), len(z), []
    for i in range(m):
        for p in range(m):
            if i != p and relation[i][p] == 1:
                other = sum(
                    strength[i][n] * np.exp(s[i][n] / temperature)
                    for n in range(m)
                    if relation[i][n] == 0
                )
                positive = np.exp(s[i][p] / temperature)
                terms.append((-np.log(positive / (positive + other)), strength[i][p]))
    return mean(terms)


def contrastive(z, relation, strength=None, margin=1.0):
    strength = np.ones((len(z), len(z))) if strength is None else strength
    pull, push, m = [], [], len(z)
    for i in range(m):
        for j in range(m):
            d = np.sqrt(sum((a - b) ** 2 for a, b in zip(z[i], z[j], strict=True)))
            if i != j and relation[i][j] == 1:
                pull.append((d**2, strength[i][j]))
            elif relation[i][j] == 0:
                push.append((max(0.0, margin - d) ** 2, strength[i][j]))
    return mean(pull) + mean(push)


def triplet(z, relation, strength=None, margin=0.2):
    strength = np.ones((len(z), len(z))) if strength is None else strength
    terms, m = [], len(z)
    for a in range(m):
        for p in range(m):
            for n in range(m):
                if a != p and relation[a][p] == 1 and relation[a][n] == 0:
                    same = sum((x - y) ** 2 for x, y in zip(z[a], z[p], strict=True))
                    different = sum((x - y) ** 2 for x, y in zip(z[a], z[n], strict=True))
                    counts = strength[a][p] * strength[a][n]
                    terms.append((max(0.0, same - different + margin), counts))
    return mean(terms)
