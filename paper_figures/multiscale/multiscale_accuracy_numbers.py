"""Every number that the accuracy figure quotes, its claims in words, and its table."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

COMMITTED = Path(__file__).with_name("peer_accuracy.json")
ESTIMATORS = ("leaders, raw", "leaders, calibrated", "p=2, calibrated", "whittle", "peer")
NOT_A_WALK = "cascade"  # calibration simulates walks: for this law its model is wrong
PEER = "pymultifracs"
COVERAGE = (0.92, 0.98)  # wanted of 95 % intervals


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return bias, spread and error of every estimator on every law, and the coverage."""
    laws = [name.removesuffix("/truth") for name in results if name.endswith("/truth")]
    found = {"laws": {law: law_numbers(results, law) for law in laws}}
    found["peer"] = {"version": results["peer"], "source": "run on the same draws"}
    if not results["peer"]:
        found["peer"] = committed(found["laws"], results["samples"])
    found["coverage"] = {
        name.split("/")[1]: {
            how: [share(c) for c in results[f"coverage/{name.split('/')[1]}/{how}"].T]
            for how in ("raw", "calibrated")
        }
        for name in results
        if name.startswith("coverage/") and name.endswith("/raw")
    }
    return found | {"summary": summary(found)}


def law_numbers(results: dict[str, Any], law: str) -> dict[str, Any]:
    """Return the figures of every estimator on one law."""
    truth = np.asarray(results[f"{law}/truth"])
    kind = "field" if "field" in law else "signal"
    simulations = results[f"{kind}_simulations"]
    figures = {
        name: errors(results[f"{law}/{name}"] - truth, simulations if "cal" in name else 0)
        for name in ESTIMATORS
        if f"{law}/{name}" in results
    }
    return {"truth": truth.tolist(), "estimators": figures}


def errors(error: np.ndarray, simulations: int = 0) -> dict[str, Any]:
    """Return bias with its standard error, standard deviation and root mean square error.

    The draws of a law share the simulations of their calibration, whose estimates spread about as
    much as the draws': their error is part of the bias's.
    """
    spread, draws = error.std(axis=0, ddof=1), len(error)
    shared = 1 / simulations if simulations else 0
    return {
        "bias": error.mean(axis=0).tolist(),
        "error_of_bias": (spread * np.sqrt(1 / draws + shared)).tolist(),
        "sd": spread.tolist(),
        "rmse": np.sqrt((error**2).mean(axis=0)).tolist(),
        "draws": draws,
    }


def committed(laws: dict[str, Any], samples: int) -> dict[str, Any]:
    """Put the committed figures of the peer into those of the laws; return where they are from."""
    kept = json.loads(COMMITTED.read_text())
    if kept["samples"] != samples:
        source = f"committed for {kept['samples']} samples, not drawn"
        return {"version": kept["version"], "source": source}
    for law in laws.keys() & kept["laws"].keys():
        laws[law]["estimators"]["peer"] = kept["laws"][law]
    about = {key: kept[key] for key in ("version", "date", "draws", "seed")}
    return about | {"source": f"committed figures, {kept['date']}, {kept['draws']} other draws"}


def share(covered: np.ndarray) -> dict[str, Any]:
    """Return the share of intervals that held the truth, with Wilson's 95 % interval."""
    counted = binomtest(int(covered.sum()), len(covered))
    low, high = counted.proportion_ci(method="wilson")
    return {"value": counted.statistic, "low": low, "high": high, "draws": len(covered)}


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """Return the few numbers that the title is made of."""
    walks = {k: v["estimators"] for k, v in found["laws"].items() if k != NOT_A_WALK}
    signals = [figures for figures in walks.values() if "peer" in figures]

    def largest_bias(name: str) -> float:
        return max(abs(figures[name]["bias"][0]) for figures in walks.values())

    def typical_rmse(name: str) -> float:
        logs = [np.log(figures[name]["rmse"][1]) for figures in signals]
        return float(np.exp(np.mean(logs))) if logs else np.nan

    def biases(law: str) -> dict[str, float]:
        figures = found["laws"][law]["estimators"]
        return {how: figures[f"leaders, {how}"]["bias"][0] for how in ("raw", "calibrated")}

    names = ("leaders, raw", "leaders, calibrated", "p=2, calibrated")
    return {
        "largest_c1_bias_of_walks": {name: largest_bias(name) for name in names},
        "largest_error_of_these_biases": max(
            figures["leaders, calibrated"]["error_of_bias"][0] for figures in walks.values()
        ),
        "typical_c2_rmse_of_walks": {name: typical_rmse(name) for name in (*names, "peer")},
        "c1_bias_of_the_cascade": biases(NOT_A_WALK),
        "c1_bias_of_rough_motion": biases("motion H=.3"),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure is shown for, and whether its numbers say so."""
    said = found["summary"]
    bias, rmse = said["largest_c1_bias_of_walks"], said["typical_c2_rmse_of_walks"]
    rough = said["c1_bias_of_rough_motion"]
    shares = [s for both in found["coverage"].values() for s in both["calibrated"][:2]]
    low, high = COVERAGE
    held = {
        "calibration lowers the largest bias of c_1 on motions, walks and fields": (
            bias["leaders, calibrated"] < bias["leaders, raw"]
        ),
        "it takes at least three quarters off the bias of c_1 of a motion of H = .3": (
            abs(rough["calibrated"]) < abs(rough["raw"]) / 4
        ),
        "calibrated intervals of c_1 and c_2 hold the truth in 92 to 98 %, up to Monte Carlo": (
            all(share["low"] <= high and share["high"] >= low for share in shares)
        ),
    }
    if np.isfinite(rmse["peer"]):
        better = rmse["p=2, calibrated"] < rmse["peer"]
        held["c_2 by calibrated p-leaders has a smaller error than by the peer"] = better
    return {sentence: bool(holds) for sentence, holds in held.items()}


def verdict(found: dict[str, Any]) -> str:
    """Say in a few lines what calibration is worth, what the peer gives, where it must not go."""
    said = found["summary"]
    bias, rmse = said["largest_c1_bias_of_walks"], said["typical_c2_rmse_of_walks"]
    raw, calibrated = bias["leaders, raw"], bias["leaders, calibrated"]
    effect = "lowers" if calibrated < raw else "does not lower"
    lines = [
        f"On motions, walks and fields, which are what it simulates, calibration {effect} "
        f"the largest bias of c₁:\n{raw:.3f} raw, {calibrated:.3f} calibrated "
        f"(standard errors of the biases up to {said['largest_error_of_these_biases']:.3f})"
    ]
    ours, other = rmse["p=2, calibrated"], rmse["peer"]
    if np.isfinite(other):
        less = "smaller" if ours < other else "no smaller"
        lines.append(
            f"The error of c₂ on such signals is {less} by calibrated p-leaders than by {PEER} "
            f"{found['peer']['version']}, not calibrated: typical rmse {ours:.4f} and {other:.4f}"
        )
    raw, calibrated = said["c1_bias_of_the_cascade"].values()
    worse = "makes c₁ worse" if abs(calibrated) > abs(raw) else "does no harm to c₁ here"
    lines.append(
        f"A cascade is no walk: for it calibration {worse} "
        f"(bias {raw:+.3f} raw, {calibrated:+.3f} calibrated)"
    )
    return "\n".join(lines)


def table(found: dict[str, Any]) -> str:
    """Return the study's table for a terminal."""
    head = "".join(f"{f'c{m}: bias, sd':22}" for m in (1, 2, 3))
    lines = [f"{'law':25}{'estimator':22}{'draws':>6}   {head}"]
    for law, entry in found["laws"].items():
        truth = "".join(f"{f'({c:+.3f})':22}" for c in entry["truth"])
        lines.append(f"{law:25}{'truth':22}{'':>6}   {truth}")
        for name, e in entry["estimators"].items():
            cells = [f"{b:+.4f}  {s:.4f}" for b, s in zip(e["bias"], e["sd"], strict=True)]
            shown = "".join(f"{'' if 'nan' in cell else cell:22}" for cell in cells)
            lines.append(f"{'':25}{name:22}{e['draws']:>6}   {shown}")
    lines += ["", f"peer: {PEER} {found['peer']['version']}, {found['peer']['source']}", ""]
    for law, both in found["coverage"].items():
        for how, shares in both.items():
            cells = [f"c{m} {s['value']:.1%}" for m, s in enumerate(shares, 1)]
            lines.append(f"95 % intervals that hold the truth, {law}, {how}: {', '.join(cells)}")
    return "\n".join([*lines, "", verdict(found)])
