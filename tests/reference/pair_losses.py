"""Losses of pairs written as double and triple loops."""

import numpy as np


def cosines(z):
    return [[float(np.dot(a, b)) for b in z] for a in z]


def ntxent(z, relation, temperature=0.1):
    s, m, terms = cosines(z), len(z), []
    for i in range(m):
        for p in range(m):
            if i != p and relation[i][p] == 1:
                other = sum(np.exp(s[i][n] / temperature) for n in range(m) if relation[i][n] == 0)
                positive = np.exp(s[i][p] / temperature)
                terms.append(-np.log(positive / (positive + other)))
    return np.mean(terms)


def contrastive(z, relation, margin=1.0):
    pull, push, m = [], [], len(z)
    for i in range(m):
        for j in range(m):
            d = np.sqrt(sum((a - b) ** 2 for a, b in zip(z[i], z[j], strict=True)))
            if i != j and relation[i][j] == 1:
                pull.append(d**2)
            elif relation[i][j] == 0:
                push.append(max(0.0, margin - d) ** 2)
    return np.mean(pull) + np.mean(push)


def triplet(z, relation, margin=0.2):
    terms, m = [], len(z)
    for a in range(m):
        for p in range(m):
            for n in range(m):
                if a != p and relation[a][p] == 1 and relation[a][n] == 0:
                    same = sum((x - y) ** 2 for x, y in zip(z[a], z[p], strict=True))
                    different = sum((x - y) ** 2 for x, y in zip(z[a], z[n], strict=True))
                    terms.append(max(0.0, same - different + margin))
    return np.mean(terms)
