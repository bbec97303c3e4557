"""How accurate log-cumulants are: bias and spread on processes whose truth is known.

Six signals and two fields are analysed raw, calibrated, by p-leaders and by pymultifracs, on the
same draws; and the calibrated intervals are asked how often they hold the truth.

What pymultifracs 0.3.1 calls leaders of p = inf is another statistic than ours: a sum of three
coefficients at the finest scale, elsewhere half of the finer ones, four of a leader's six children.
"""

import importlib.metadata
from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
from tqdm import tqdm

import toolbox
from paper_figures.multiscale.multiscale_accuracy_numbers import claims, numbers, table
from paper_figures.multiscale.multiscale_accuracy_panels import draw
from toolbox.retraining.streams import integer

__all__ = ["LAWS", "SETTINGS", "claims", "compute", "draw", "numbers", "table"]


# Simulator, its parameters, and the fractional integration before leaders: without it the smallest
# regularity of some draws of an intermittent law is below zero.
LAWS: dict[str, tuple[Callable[..., Any], dict[str, float], float]] = {
    "motion H=.7": (toolbox.fractional_field, {"hurst": 0.7}, 0.0),
    "motion H=.3": (toolbox.fractional_field, {"hurst": 0.3}, 0.0),
    "walk H=.5": (toolbox.multifractal_field, {"hurst": 0.5, "intermittency": 0.05}, 0.25),
    "walk H=.3": (toolbox.multifractal_field, {"hurst": 0.3, "intermittency": 0.05}, 0.5),
    "walk H=.8": (toolbox.multifractal_field, {"hurst": 0.8, "intermittency": 0.05}, 0.0),
    "cascade": (toolbox.logpoisson_cascade, {"singularity": 0.1, "ratio": 0.5}, 0.0),
    "field H=.7": (toolbox.fractional_field, {"hurst": 0.7}, 0.0),
    "multifractal field H=.7": (
        toolbox.multifractal_field,
        {"hurst": 0.7, "intermittency": 0.05},
        0.5,
    ),
}
QUOTED = ("mode", "samples", "side", "peer", "signals", "fields")
QUOTED += ("signal_simulations", "field_simulations")
COVERED = ("motion H=.7", "walk H=.5")


def peer_version() -> str:
    """Return the version of pymultifracs (the extra [bench]), empty when it is not installed."""
    try:
        return importlib.metadata.version("pymultifracs")
    except importlib.metadata.PackageNotFoundError:
        return ""


QUICK = {
    "mode": "quick",
    "laws": list(LAWS),
    "samples": 2**15,  # of a signal
    "side": 256,  # of a field
    "signals": 24,  # draws of each law
    "signal_simulations": 24,  # of the calibration, shared by all draws of a law
    "fields": 8,
    "field_simulations": 8,
    "covered": 100,  # draws whose intervals are looked at
    "batch": 100,  # of them that share one calibration
    "resamples": 200,
    "seed": 0,
    "peer": peer_version(),  # empty: the committed figures are drawn
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK
    | {
        "mode": "full",
        "side": 512,
        "signals": 100,
        "signal_simulations": 100,
        "fields": 30,
        "field_simulations": 32,
        "covered": 600,
    },
    "tiny": QUICK
    | {
        "mode": "tiny",
        "laws": ["motion H=.3", "walk H=.5", "cascade", "field H=.7"],
        "samples": 2**12,
        "side": 112,
        "signals": 8,
        "signal_simulations": 8,
        "covered": 8,
        "resamples": 20,
    },
}


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return every draw's estimates; each law is one step, kept by `step`."""
    results: dict[str, Any] = {name: settings[name] for name in QUOTED}
    total = len(settings["laws"]) + len(COVERED)
    bar = tqdm(total=total, desc="multiscale accuracy", disable=None)
    for i, law in enumerate(settings["laws"]):
        bar.set_postfix_str(law)
        got = step(f"law{i}", estimates, law, settings)
        results |= {f"{law}/{name}": value for name, value in got.items() if name != "seconds"}
        bar.update()
    for i, law in enumerate(COVERED):
        bar.set_postfix_str(f"coverage, {law}")
        got = step(f"coverage{i}", coverage, law, settings)
        results |= {f"coverage/{law}/{w}": got[w] for w in ("raw", "calibrated")}
        bar.update()
    bar.close()
    return results


def drawn(law: str, settings: dict[str, Any], *, n: int, purpose: str) -> tuple[Any, Any, int]:
    """Return n draws of a law, its true c_1 to c_3, and the number of axes."""
    simulator, parameters, _ = LAWS[law]
    dim = 2 if "field" in law else 1
    shape = (settings["side"],) * 2 if dim == 2 else settings["samples"]
    seed = integer(settings["seed"], purpose, law)
    process = simulator(shape, **parameters, n=n, seed=seed)
    if law == "cascade":  # its running sum, which leaders need not be integrated for: c_1 + 1
        return np.cumsum(process.values, axis=-1), process.cumulants + np.eye(3)[0], dim
    return process.values, process.cumulants, dim


def estimates(law: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return each estimator's c_1 to c_3 of every draw of one law, shape (draws, 3)."""
    kind = "fields" if "field" in law else "signals"
    x, truth, dim = drawn(law, settings, n=settings[kind], purpose="accuracy")
    found: dict[str, Any] = {"truth": truth}
    options = {"draws": settings[f"{kind[:-1]}_simulations"], "progress": False}
    gamma = LAWS[law][2]
    for name, p, integrated in (("leaders", inf, gamma), ("p=2", 2.0, 0.0)):
        raw = toolbox.multifractal(x, dim=dim, p=p, gamma=integrated)
        seed = integer(settings["seed"], "calibration", law)
        better = toolbox.calibrate(raw, seed=seed, **options)
        found |= {f"{name}, raw": raw.cumulants, f"{name}, calibrated": better.cumulants}
    if dim == 2:
        found["whittle"] = np.full_like(found["leaders, raw"], np.nan)
        found["whittle"][:, 1] = toolbox.whittle_c2(x, dim=2).c2
    elif settings["peer"]:
        found["peer"] = peer(x, scales=raw.scales, gamma=gamma)
    return found


def peer(x: np.ndarray, *, scales: tuple[int, int], gamma: float) -> np.ndarray:
    """Return c_1 to c_3 of signals by the leaders of pymultifracs, over the same scales."""
    try:
        from pymultifracs import mfa, wavelet_analysis
    except ImportError as error:
        raise ImportError("pymultifracs comes with the extra [bench]") from error
    leaders = wavelet_analysis(x.T, wt_name="db3").get_leaders(p_exp=inf, gamint=gamma)
    with np.errstate(divide="ignore"):  # its finest scale, not used, holds a zero now and then
        found = mfa(leaders, [scales], weighted="Nj", q=[1.0], n_cumul=3).cumulants
    cumulants = found.log_cumulants.transpose("scaling_range", "channel", "m").values[0]
    return cumulants - [gamma, 0, 0]


def coverage(law: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return whether each draw's 95 % interval holds c_1 to c_3, raw and calibrated.

    Every batch of draws has simulations of its own, so that their error is not shared by all.
    """
    x, truth, dim = drawn(law, settings, n=settings["covered"], purpose="coverage")
    found: dict[str, list] = {"raw": [], "calibrated": []}
    for k, start in enumerate(range(0, len(x), settings["batch"])):
        part = x[start : start + settings["batch"]]
        resampling = {"resamples": settings["resamples"], "seed": k}
        raw = toolbox.multifractal(part, dim=dim, gamma=LAWS[law][2], **resampling)
        seed = integer(settings["seed"], "calibration for coverage", law, k)
        draws = settings["signal_simulations"]
        better = toolbox.calibrate(raw, seed=seed, draws=draws, progress=False)
        for name, estimate in (("raw", raw), ("calibrated", better)):
            low, high = np.moveaxis(estimate.interval, -1, 0)
            found[name].append((low <= truth) & (truth <= high))
    return {name: np.concatenate(parts) for name, parts in found.items()}
