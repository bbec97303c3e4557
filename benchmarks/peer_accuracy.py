"""Bias and spread of c_1 to c_3 beside pymultifracs on the same signals, by leaders and for p = 2.

python -m benchmarks.peer_accuracy writes benchmarks/results/peer_accuracy_<platform>.json (half
a minute of one core) and needs the extra [bench]. Nothing is calibrated; scales, weights and orders
of fractional integration are the same on both sides.

For p = inf the two are of different definitions: the peer's leaders are a sum of three coefficients
at the finest scale, elsewhere half of the finer ones, four of a leader's six children. For p = 2
both sum squares over all finer scales, with one total weight a scale: ours alike over the three
intervals of 3 lambda, the peer's falling from the middle to both ends. The weights are measured
here, by least squares on squared coefficients, two scales below a p-leader.
"""

import importlib.metadata
import json
from math import inf
from typing import Any

import numpy as np

from benchmarks.provenance import write
from toolbox import fractional_field, multifractal, multifractal_field

SAMPLES, DRAWS, SEED = 2**15, 100, 31
# Simulator, its parameters, and the order of integration that leaders (p = inf) need.
LAWS = {
    "motion H=.7": (fractional_field, {"hurst": 0.7}, 0.0),
    "motion H=.3": (fractional_field, {"hurst": 0.3}, 0.0),
    "walk H=.5": (multifractal_field, {"hurst": 0.5, "intermittency": 0.05}, 0.25),
    "walk H=.8": (multifractal_field, {"hurst": 0.8, "intermittency": 0.05}, 0.0),
}


def peers_leaders(x: np.ndarray, *, p: float, gamma: float = 0.0) -> tuple[Any, Any]:
    """Return the peer's coefficients and leaders of signals."""
    from pymultifracs import wavelet_analysis

    coefficients = wavelet_analysis(x.T, wt_name="db3")
    return coefficients, coefficients.get_leaders(p_exp=p, gamint=gamma)


def peers_cumulants(
    x: np.ndarray, *, p: float, gamma: float, scales: tuple[int, int]
) -> np.ndarray:
    """Return c_1 to c_3 of signals by the peer."""
    from pymultifracs import mfa

    _, leaders = peers_leaders(x, p=p, gamma=gamma)
    with np.errstate(divide="ignore"):  # its finest scale, not used, holds a zero now and then
        found = mfa(leaders, [scales], weighted="Nj", q=[1.0], n_cumul=3).cumulants
    cumulants = found.log_cumulants.transpose("scaling_range", "channel", "m").values[0]
    return cumulants - [gamma, 0, 0]


def peers_weights(x: np.ndarray) -> dict[str, Any]:
    """Return what weight squared coefficients have in the peer's squared p-leaders of scale 3."""
    coefficients, leaders = peers_leaders(x, p=2.0)
    target = np.asarray(leaders.values[3]).squeeze() ** 2
    columns, names = [], []
    for j in (1, 2, 3):
        square, children = np.abs(np.asarray(coefficients.values[j]).squeeze()) ** 2, 2 ** (3 - j)
        for offset in range(-children, 2 * children):  # the finer intervals of 3 lambda
            place = np.arange(len(target)) * children + offset
            inside = (place >= 0) & (place < len(square))
            columns.append(np.where(inside, square[np.where(inside, place, 0)], np.nan))
            names.append((j, offset))
    table = np.stack(columns, axis=1)
    known = np.isfinite(table).all(axis=1) & np.isfinite(target)
    weights = np.linalg.lstsq(table[known], target[known], rcond=None)[0]
    residual = np.abs(table[known] @ weights - target[known]).max() / target[known].max()
    by_scale = {
        f"scale {j}": [
            round(float(w), 3) + 0.0 for w, n in zip(weights, names, strict=True) if n[0] == j
        ]
        for j in (1, 2, 3)
    }
    return by_scale | {"largest_relative_residual": float(f"{residual:.1e}")}


def errors(error: np.ndarray) -> dict[str, list[float]]:
    """Return bias, standard deviation and root mean square error of c_1 to c_3."""
    figures = {
        "bias": error.mean(axis=0),
        "sd": error.std(axis=0, ddof=1),
        "rmse": np.sqrt((error**2).mean(axis=0)),
    }
    return {name: np.round(value, 5).tolist() for name, value in figures.items()}


def compared(law: str) -> dict[str, Any]:
    """Return both sides' errors on one law, by leaders and for p = 2, with the law's truth."""
    simulator, parameters, gamma = LAWS[law]
    process = simulator(SAMPLES, **parameters, n=DRAWS, seed=SEED)
    truth = np.asarray(process.cumulants)[:3]
    result: dict[str, Any] = {"truth": truth.tolist()}
    for name, p, order in (("leaders", inf, gamma), ("p=2", 2.0, 0.0)):
        ours = multifractal(process.values, dim=1, p=p, gamma=order)
        peer = peers_cumulants(process.values, p=p, gamma=order, scales=ours.scales)
        result[name] = {
            "gamma": order,
            "scales": ours.scales,
            "ours": errors(ours.cumulants - truth),
            "peer": errors(peer - truth),
            "sd_of_difference": np.round((peer - ours.cumulants).std(axis=0, ddof=1), 5).tolist(),
        }
    return result


def main() -> None:
    """Compare on every law and write the JSON."""
    version = importlib.metadata.version("pymultifracs")
    x = multifractal_field(2**11, hurst=0.5, intermittency=0.05, seed=SEED).values
    figures = {"peer": f"pymultifracs {version}", "samples": SAMPLES, "draws": DRAWS}
    figures["weights of squared coefficients in the peer's p-leaders"] = peers_weights(x)
    figures |= {law: compared(law) for law in LAWS}
    print(json.dumps(write("peer_accuracy", figures, libraries=("jax", "numpy")), indent=2))


if __name__ == "__main__":
    main()
