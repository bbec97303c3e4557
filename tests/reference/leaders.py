"""Wavelet coefficients and leaders straight from their definitions, one position at a time."""

import itertools

import numpy as np
import pywt


def coefficient_positions(x, wavelet, levels):
    """Return per scale a dict: position k -> coefficients (1, or 3 in the order H, V, D).

    a_j[k] = sum h[n] a_{j-1}[2k + n] and d_j[k] = sum g[n] a_{j-1}[2k + 2 - L + n] along each axis;
    a position exists when every sample that its sums read exists; NaN is a sample that does not.
    """
    bank = pywt.Wavelet(wavelet)
    low, high = np.array(bank.rec_lo), np.array(bank.rec_hi)
    length, dim = len(low), x.ndim
    shift = {"a": 0, "d": 2 - length}
    bands = ["d"] if dim == 1 else ["da", "ad", "dd"]
    approximation = {k: v for k, v in np.ndenumerate(x) if not np.isnan(v)}
    scales = []
    for j in range(1, levels + 1):
        produced = {}
        for band in [*bands, "a" * dim]:
            weights = np.array(1.0)
            for letter in band:
                weights = np.multiply.outer(weights, low if letter == "a" else high)
            produced[band] = _apply(approximation, weights, [shift[c] for c in band])
        common = set.intersection(*(set(produced[b]) for b in bands))
        factor = 2.0 ** (-j * dim / 2)
        scales.append({k: [factor * produced[b][k] for b in bands] for k in common})
        approximation = produced["a" * dim]
    return scales


def _apply(samples, weights, shifts):
    reach = max(max(k) for k in samples) + 2
    result = {}
    for k in itertools.product(range(-reach, reach), repeat=weights.ndim):
        total, complete = 0.0, True
        for n in np.ndindex(weights.shape):
            at = tuple(2 * ki + s + ni for ki, s, ni in zip(k, shifts, n, strict=True))
            if at not in samples:
                complete = False
                break
            total += weights[n] * samples[at]
        if complete:
            result[k] = total
    return result


def leader_positions(scales, p=np.inf, gamma=0.0):
    """Return per scale a dict: position k -> leader, over 3 lambda and every finer scale.

    A position is kept when every interval of its 3-lambda neighbourhood exists at every scale.
    """
    result = []
    for j, scale in enumerate(scales, start=1):
        found = {}
        for k in scale:
            members = [_inside(k, j, fine, scales[fine - 1]) for fine in range(1, j + 1)]
            if any(m is None for m in members):
                continue
            dim = len(k)
            total = 0.0
            for fine, values in enumerate(members, start=1):
                c = np.abs(np.array(values)) * 2.0 ** (gamma * fine)
                if p == np.inf:
                    total = max(total, c.max())
                else:
                    total += (c**p).sum() * 2.0 ** (-dim * (j - fine))
            found[k] = total if p == np.inf else total ** (1 / p)
        result.append(found)
    return result


def _inside(k, j, fine, scale):
    """Coefficients at scale `fine` inside 3 lambda_{j,k}, or None when one does not exist."""
    ratio = 2 ** (j - fine)
    ranges = [range((ki - 1) * ratio, (ki + 2) * ratio) for ki in k]
    values = []
    for at in itertools.product(*ranges):
        if at not in scale:
            return None
        values.extend(scale[at])
    return values
