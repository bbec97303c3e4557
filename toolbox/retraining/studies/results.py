"""What members return, and all of it together: `Runs`."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.records import record
from toolbox.retraining.studies.designs import STREAMS

FLAGS = ("diverged", "in_sample")


@record
class Runs:
    """Members trained from scratch.

    Attributes
    ----------
    outputs : dict of ndarray (R, ...)
        What the members returned, stacked, by name.
    streams : ndarray (R, 5, 2) of uint32
        The keys of each member's random streams, in the order init, order, resample, augment,
        dropout.
    redrawn : tuple of str
        The streams that differ from member to member; the others are shared by all.
    in_sample : ndarray (R, n) of bool
        Which items a member was trained on, where the members say so; otherwise (R, 0).
    diverged : ndarray (R,) of bool
        Members that returned NaN or infinity, or said that they diverged. They are results: kept,
        counted and never drawn again, since that would select.
    ids : ndarray (R,) of int
        The members' numbers.
    design : ndarray (R, 5) of int
        The level of each stream in each member, in the order of `streams`. In a crossed design
        members share levels, and are then not independent of one another.
    quarantined : ndarray of int
        Numbers of members that have no result because they killed every process that they ran in;
        they have no row anywhere else.
    verified : str
        Where a store held some of the members: which of them was computed again and how it
        compared, or why none was. Empty where nothing had been kept.
    """

    outputs: dict
    streams: np.ndarray
    redrawn: tuple
    in_sample: np.ndarray
    diverged: np.ndarray
    ids: np.ndarray
    design: np.ndarray = field(default_factory=lambda: np.zeros((0, len(STREAMS)), int))
    quarantined: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    verified: str = ""

    def predict(self, function: Callable[[dict, Any], Any], x: Any) -> np.ndarray:
        """Stack ``function(outputs_r, x)`` over the members that did not diverge."""
        survivors = np.flatnonzero(~self.diverged)
        if not len(survivors):
            checks.refuse("runs", "a member that did not diverge", f"{len(self.ids)} that did")
        outputs = [{name: v[r] for name, v in self.outputs.items()} for r in survivors]
        return np.stack([np.asarray(function(output, x)) for output in outputs])


def checked(result: Any, number: int) -> dict[str, np.ndarray]:
    """Return what member `number` returned as a dictionary of arrays of numbers."""
    if not isinstance(result, Mapping) or not result:
        checks.refuse("member", "a dictionary of arrays", f"{type(result).__name__} from {number}")
    arrays = {}
    for name, value in result.items():
        try:
            array = np.asarray(value)
        except (TypeError, ValueError, RuntimeError) as error:
            checks.refuse("member", "a dictionary of arrays", f"{name!r} of {number}: {error}")
        if array.dtype.kind not in "iufbc" and array.dtype.name != "bfloat16":
            checks.refuse("member", "arrays of numbers", f"{name!r} of type {array.dtype}")
        arrays[str(name)] = array
    return arrays


def stacked(
    returned: dict[int, dict], study: Any, quarantined: tuple[int, ...] = (), verified: str = ""
) -> Runs:
    """Return a study's results, keyed by the members' numbers, as one record."""
    ids = np.array(sorted(returned), int)
    rows = [returned[number] for number in ids]
    shapes = [{name: array.shape for name, array in arrays.items()} for arrays in rows]
    for number, shape in zip(ids, shapes, strict=True):
        if shape != shapes[0]:
            checks.refuse("member", f"outputs {shapes[0]} from all", f"{shape} from {number}")
    together = {name: np.stack([arrays[name] for arrays in rows]) for name in (shapes or [{}])[0]}
    diverged = np.zeros(len(ids), bool)
    for name, values in together.items():
        flat = values.reshape(len(ids), -1)
        bad = flat.astype(bool) if name == "diverged" else ~np.isfinite(flat)
        diverged |= bad.any(axis=1)
    keys = [[study.streams[number][name] for name in STREAMS] for number in ids]
    return Runs(
        outputs={name: values for name, values in together.items() if name not in FLAGS},
        streams=np.array(keys, np.uint32).reshape(-1, len(STREAMS), 2),
        redrawn=study.redrawn,
        in_sample=together.get("in_sample", np.zeros((len(ids), 0))).astype(bool),
        diverged=diverged,
        ids=ids,
        design=study.table[ids],
        quarantined=np.array(quarantined, int),
        verified=verified,
    )
