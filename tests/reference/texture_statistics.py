"""The statistics of `toolbox.describe`, one band of one item at a time, in plain NumPy."""

import numpy as np


def plain_statistics(image, coefficients, leaders):
    """Return name -> value for one image of one component (already standardised inputs)."""
    result, energies = {}, {}
    for j, details in enumerate(coefficients, start=1):
        unit = {}
        for band, c in zip("HVD", details, strict=True):
            second = np.mean(c**2)
            unit[band] = c / np.sqrt(second)
            u = unit[band]
            energies[f"energy[j={j},{band}]"] = np.log2(second)
            result[f"sparsity[j={j},{band}]"] = np.log2(np.mean(np.abs(u)))
            result[f"kurtosis[j={j},{band}]"] = np.log(np.mean(u**4))
            result[f"skewness[j={j},{band}]"] = np.arctan(np.mean(u**3))
            for axis in (0, 1):
                before = u[:-1] if axis == 0 else u[:, :-1]
                after = u[1:] if axis == 0 else u[:, 1:]
                key = f"[j={j},{band},axis={axis}]"
                result["neighbour_correlation" + key] = fisher(before, after)
                result["neighbour_dependence" + key] = fisher(np.abs(before), np.abs(after))
        for a, b in ("HV", "HD", "VD"):
            key = f"orientation_dependence[j={j},{a}x{b}]"
            result[key] = fisher(np.abs(unit[a]), np.abs(unit[b]))
    mean = np.mean(list(energies.values()))
    result |= {name: value - mean for name, value in energies.items()}
    result |= parents_and_children(coefficients)
    for j, leader in enumerate(leaders, start=1):
        y = np.log(leader)
        result[f"leader_mean[j={j}]"] = y.mean() - 0.5 * np.log(2) * mean
        result[f"leader_variance[j={j}]"] = np.log(y.var())
        skewness = np.mean((y - y.mean()) ** 3) / y.var() ** 1.5
        result[f"leader_skewness[j={j}]"] = np.arctan(skewness)
    return result


def parents_and_children(coefficients):
    """Return the dependence of |c| on the mean |c| of the four children, one parent at a time."""
    result = {}
    for j in range(1, len(coefficients)):
        for band, fine, coarse in zip("HVD", coefficients[j - 1], coefficients[j], strict=True):
            children, parents = [], []
            for row, column in np.ndindex(coarse.shape):
                # Index i is position k = i + 1 at every scale; its children start at 2k.
                r, c = 2 * (row + 1) - 1, 2 * (column + 1) - 1
                block = np.abs(fine[r : r + 2, c : c + 2])
                if block.shape == (2, 2):
                    children.append(block.mean())
                    parents.append(abs(coarse[row, column]))
            result[f"scale_dependence[j={j},{band}]"] = fisher(
                np.array(children), np.array(parents)
            )
    return result


def fisher(u, v):
    return np.arctanh(np.corrcoef(u.ravel(), v.ravel())[0, 1])
