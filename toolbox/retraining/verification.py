"""Before kept members are taken for what the code computes now, one of them is computed again.

No digest reads all that a member may depend on: files, clocks, the insides of libraries, settings
of the machine. A member that comes out otherwise than it was kept shows that something was missed,
and that nothing in the store is to be trusted until it is known what.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from toolbox import doors
from toolbox.retraining.array_archives import checksum
from toolbox.retraining.environments import environment
from toolbox.retraining.stores import key_of
from toolbox.retraining.streams import generator
from toolbox.retraining.studies import Study
from toolbox.retraining.training import training

# Where these agree, the same code gives the same bits; elsewhere, the last ones may differ.
SURROUNDINGS = ("host", "machine", "cores", "python", "versions", "variables", "device")
OF_NO_WEIGHT = ("grainwise", "SLURM_JOB_ID")  # among versions and variables: the digest reads us
WORDS_OF_A_KEY = 12
OFF = "no: verify=False"
BY_VMAP = "no: all were kept by the engine 'vmap', which repeats itself up to rounding only"

Arrays = dict[str, np.ndarray]
Report = dict[str, Any]

# A process verifies a store once for each code: what this is about is the process itself.
_verified: dict[tuple, str] = {}


def verified(
    study: Study, numbers: list[int], again: Callable[[int, dict[str, Any]], Report]
) -> str:
    """Have one of the kept members computed again; return what was found, or refuse the store.

    ``again(number, beside)`` reports what `recomputed` does; `beside` is what was recorded when
    the member was kept.
    """
    place = (*study.store.identity(), key_of(study.code))
    if place in _verified:
        return f"earlier in this process: {_verified[place]}"
    beside = {number: study.store.beside(study.keys[number]) for number in numbers}
    number = _cheapest(study, beside)
    if number is None:
        return BY_VMAP
    _verified[place] = _judged(study, number, beside[number], again(number, beside[number]))
    return _verified[place]


def _cheapest(study: Study, beside: dict[int, dict[str, Any]]) -> int | None:
    """Return the member that took the least time; where none was timed, one drawn by the seed."""
    alone = sorted(n for n, recorded in beside.items() if recorded.get("engine") != "vmap")
    seconds = {n: beside[n].get("seconds") for n in alone}
    timed = [n for n in alone if isinstance(seconds[n], int | float)]
    if timed:
        return min(timed, key=lambda n: (seconds[n], n))
    return int(generator(study.seed, "verified").choice(alone)) if alone else None


def recomputed(study: Study, number: int) -> Report:
    """Compute a kept member once more, keep nothing, and report how it compares."""
    kept = study.store.read(study.keys[number])
    if kept is None:
        wanted = "a folder that all workers share and nobody alters"
        doors.refuse("store", wanted, f"no whole result of member {number} in it")
    try:
        now = training(_apart_from(study))(number)
    except Exception as error:  # whatever a member may raise; it did not when it was kept
        return {"raised": f"{type(error).__name__}: {error}"}
    study.store.forget_checkpoint(again_key(study, number))
    here = _surroundings(environment(engine="", device=study.device, seconds=None))
    largest, rounding = apart(kept, now)
    return {
        "kept": _content_key(kept),
        "now": _content_key(now),
        "apart": largest,
        "rounding": rounding,
        "elsewhere": _surroundings(study.store.beside(study.keys[number])) != here,
    }


def again_key(study: Study, number: int) -> str:
    """Return the name for how far a member has come that is computed once more."""
    return f"{study.keys[number]}.again"


def _apart_from(study: Study) -> Study:
    """Return the study with checkpoints of its own: a kill costs no more here than elsewhere."""
    if not study.store.is_writable():
        return replace(study, store=None, keys=())
    return replace(study, keys=tuple(again_key(study, n) for n in range(len(study.keys))))


def _judged(study: Study, number: int, beside: dict[str, Any], report: Report) -> str:
    """Return what the report says of the member; refuse the store where it says otherwise."""
    member = f"member {number} ({study.keys[number]})"
    remedy = "verify=False takes what was kept as it is"
    if "raised" in report:
        got = f"{member}, which now raised {report['raised']}; {remedy}"
        doors.refuse("store", "members that can be computed again", got)
    same, where = report["kept"] == report["now"], ""
    if report["elsewhere"]:
        same, where = same or report["rounding"], f" on {beside.get('host')}, otherwise set up,"
    if not same:
        got = (
            f"{member}, kept{where} as {report['kept']} and now {report['now']}, apart by "
            f"{report['apart']:.2g} of the largest value: something that it reads is not in its "
            "key, as a file, a clock or a library's insides, or its randomness is not from its "
            f"streams. Give what it reads as data and take a new store; {remedy}"
        )
        doors.refuse("store", "members that this code computes again bit for bit", got)
    exactly = report["kept"] == report["now"]
    how = "bit for bit" if exactly else "up to rounding, kept in other surroundings"
    return f"member {number}, computed again, is the same {how}"


def _surroundings(recorded: dict[str, Any]) -> dict[str, Any]:
    """Return what was recorded of machine and libraries, without what changes no bit."""
    found = {name: recorded.get(name) for name in SURROUNDINGS}
    for name in ("versions", "variables"):
        if isinstance(found[name], dict):
            found[name] = {k: v for k, v in found[name].items() if k not in OF_NO_WEIGHT}
    return found


def apart(kept: Arrays, now: Arrays) -> tuple[float, bool]:
    """Return the largest difference over the largest value, and whether it is one of rounding.

    That is said of half the digits of a type, since training enlarges the last one's difference.
    """
    shapes = [{name: (a.dtype, a.shape) for name, a in arrays.items()} for arrays in (kept, now)]
    if shapes[0] != shapes[1]:
        return np.inf, False
    largest, rounding = 0.0, True
    for name, old in kept.items():
        difference = _difference(old, now[name])
        largest = max(largest, difference)
        rounding = rounding and difference <= np.sqrt(_last_digit(old.dtype))
    return largest, bool(rounding)


def _difference(old: np.ndarray, new: np.ndarray) -> float:
    """Return the largest difference over the largest value; NaN differs from all but NaN."""
    other = (old != new) & ~((old != old) & (new != new))
    if not other.any():
        return 0.0
    old, new = (a[other].astype(np.result_type(a.dtype, np.float64)) for a in (old, new))
    with np.errstate(invalid="ignore"):
        found = np.abs(old - new).max() / np.fmax(np.abs(old), np.abs(new)).max()
    # Whole numbers may differ by less than a float tells, and differ all the same.
    return max(float(found), np.finfo(np.float64).tiny) if np.isfinite(found) else np.inf


def _last_digit(dtype: np.dtype) -> float:
    if dtype.name == "bfloat16":  # NumPy's own table knows no such type
        return 2.0**-7
    return float(np.finfo(dtype).eps) if dtype.kind in "fc" else 0.0


def _content_key(arrays: Arrays) -> str:
    """Return a short digest of a result."""
    text = "".join(f"{name} {checksum(array)}\n" for name, array in sorted(arrays.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:WORDS_OF_A_KEY]
