"""Repeat a training from scratch: the same member, once for each set of random streams."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import numpy as np
from tqdm import tqdm

from toolbox import doors
from toolbox.records import record
from toolbox.retraining.streams import stream_key

STREAMS = ("init", "order", "resample", "augment", "dropout")
FLAGS = ("diverged", "in_sample")

Member = Callable[[dict[str, np.ndarray], Any], Mapping[str, Any]]


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
    """

    outputs: dict
    streams: np.ndarray
    redrawn: tuple
    in_sample: np.ndarray
    diverged: np.ndarray
    ids: np.ndarray

    def predict(self, function: Callable[[dict, Any], Any], x: Any) -> np.ndarray:
        """Stack ``function(outputs_r, x)`` over the members that did not diverge."""
        survivors = np.flatnonzero(~self.diverged)
        if not len(survivors):
            doors.refuse("runs", "a member that did not diverge", f"{len(self.ids)} that did")
        outputs = [{name: v[r] for name, v in self.outputs.items()} for r in survivors]
        return np.stack([np.asarray(function(output, x)) for output in outputs])


def retrain(
    member: Member,
    data: Any,
    *,
    members: int,
    seed: int,
    redraw: tuple[str, ...] = ("init", "order"),
    engine: str = "auto",
    device: str = "auto",
    progress: bool = True,
) -> Runs:
    """Train `members` members from scratch, each on its own random streams.

    Parameters
    ----------
    member : callable
        ``member(streams, data)`` trains once and returns a dictionary of arrays: its weights, or
        whatever it predicts with. ``streams`` maps each of "init", "order", "resample", "augment",
        "dropout" to a key, two unsigned 32-bit words, from which all of the member's randomness
        must be drawn: `jax.random` takes the key as it is, NumPy through
        `toolbox.retraining.streams.numpy_generator`. The names "diverged" (one truth value) and
        "in_sample" (one truth value an item) have a meaning of their own.
    data : dict or tuple of arrays
        Passed on to the member.
    members : int
        How many, R >= 1.
    seed : int
        Fixes all streams. Member 3 is the same whether 5 or 50 are trained.
    redraw : tuple of str
        The streams that differ from member to member. A stream that is not named is shared by all
        members, and the spread over members then says nothing about it.
    engine : str
        "loop" calls any Python function, one member after the other. "map" is for members
        decorated with `jax.jit`: the one compiled program is run for each member, on all the cores
        that this process may use; results are those of "loop" bit for bit. "auto" takes "map" for
        jitted members and "loop" for others.
    device : str
        Where a jitted member runs: "auto", "cpu", "cuda:0".
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    Runs

    Raises
    ------
    InputError
        Fewer than one member, an unknown stream or engine, a member that does not return a
        dictionary of arrays, or arrays whose shapes differ from member to member.

    Notes
    -----
    Takes a Python function, hence has no MATLAB form. A jitted member is run in float64 if one of
    the data is float64, otherwise in float32. What differs between members when only some streams
    are redrawn: Bouthillier et al. (2021).

    References
    ----------
    X. Bouthillier et al., "Accounting for variance in machine learning benchmarks", MLSys 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from toolbox import retrain
    >>> from toolbox.retraining.streams import numpy_generator
    >>> def bootstrap_mean(streams, data):
    ...     rng = numpy_generator(streams["resample"])
    ...     return {"mean": rng.choice(data["x"], len(data["x"])).mean()}
    >>> runs = retrain(bootstrap_mean, {"x": np.arange(9.0)}, members=4, seed=0,
    ...                redraw=("resample",))
    >>> runs.outputs["mean"].shape, int(runs.diverged.sum())
    ((4,), 0)
    """
    members = doors.count(members, "members")
    seed = doors.seed(seed)
    redraw = stream_names(redraw)
    if not callable(member):
        doors.refuse("member", "a function member(streams, data)", doors.describe_value(member))
    if not isinstance(data, dict | tuple | list):
        doors.refuse("data", "a dictionary or a tuple of arrays", doors.describe_value(data))
    engine = _engine(doors.choice(engine, "engine", ("auto", "map", "loop")), member)

    keys = [_streams(seed, number, redraw) for number in range(members)]
    results = (
        _compiled(member, data, keys, engine, device)
        if hasattr(member, "lower")
        else (member(key, data) for key in keys)
    )
    bar = tqdm(results, total=members, desc="members", disable=None if progress else True)
    returned = [_checked(result, number) for number, result in enumerate(bar)]
    return _stacked(returned, keys, redraw)


def stream_names(redraw: Any) -> tuple[str, ...]:
    """Return the names of the streams to redraw, each once, in the order of `STREAMS`."""
    names = (redraw,) if isinstance(redraw, str) else redraw
    wanted = "names among " + ", ".join(map(repr, STREAMS))
    if not isinstance(names, tuple | list | set | np.ndarray):
        doors.refuse("redraw", wanted, doors.describe_value(redraw))
    for name in names:
        if not isinstance(name, str) or name not in STREAMS:
            doors.refuse("redraw", wanted, repr(name))
    return tuple(name for name in STREAMS if name in names)


def _engine(engine: str, member: Member) -> str:
    jitted = hasattr(member, "lower")
    if engine == "map" and not jitted:
        doors.refuse("engine", "'loop' for a member that is not decorated with jax.jit", "'map'")
    return ("map" if jitted else "loop") if engine == "auto" else engine


def _streams(seed: int, number: int, redraw: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {
        name: stream_key(seed, "member", number, name)
        if name in redraw
        else stream_key(seed, "shared", name)
        for name in STREAMS
    }


def _compiled(
    member: Member, data: Any, keys: list[dict[str, np.ndarray]], engine: str, device: str
) -> Iterator[dict[str, np.ndarray]]:
    """Run a jitted member for each set of keys, in order; with "map" several at a time."""
    import jax

    from toolbox.device import jax_device

    target = jax_device(device)
    double = any(np.asarray(leaf).dtype == np.float64 for leaf in jax.tree.leaves(data))

    def train(streams: dict[str, np.ndarray]) -> Any:
        # JAX's settings belong to a thread, hence are made inside it.
        with jax.enable_x64(double), jax.default_device(target):
            result = member(jax.tree.map(jax.numpy.asarray, streams), placed)
            return jax.tree.map(np.asarray, result)

    with jax.enable_x64(double):
        placed = jax.device_put(jax.tree.map(np.asarray, data), target)
    threads = len(os.sched_getaffinity(0)) if engine == "map" and target.platform == "cpu" else 1
    yield train(keys[0])  # alone: two threads would both compile
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        yield from (pool.map if pool else map)(train, keys[1:])


def _checked(result: Any, number: int) -> dict[str, np.ndarray]:
    if not isinstance(result, Mapping) or not result:
        doors.refuse("member", "a dictionary of arrays", f"{type(result).__name__} from {number}")
    arrays = {}
    for name, value in result.items():
        try:
            array = np.asarray(value)
        except (TypeError, ValueError, RuntimeError) as error:
            doors.refuse("member", "a dictionary of arrays", f"{name!r} of {number}: {error}")
        if array.dtype.kind not in "iufbc" and array.dtype.name != "bfloat16":
            doors.refuse("member", "arrays of numbers", f"{name!r} of type {array.dtype}")
        arrays[str(name)] = array
    return arrays


def _stacked(
    returned: list[dict[str, np.ndarray]],
    keys: list[dict[str, np.ndarray]],
    redraw: tuple[str, ...],
) -> Runs:
    shapes = [{name: array.shape for name, array in arrays.items()} for arrays in returned]
    for number, shape in enumerate(shapes):
        if shape != shapes[0]:
            doors.refuse("member", f"outputs {shapes[0]} from all", f"{shape} from {number}")
    stacked = {name: np.stack([arrays[name] for arrays in returned]) for name in returned[0]}
    members = len(returned)
    diverged = np.zeros(members, bool)
    for name, values in stacked.items():
        flat = values.reshape(members, -1)
        bad = flat.astype(bool) if name == "diverged" else ~np.isfinite(flat)
        diverged |= bad.any(axis=1)
    return Runs(
        outputs={name: values for name, values in stacked.items() if name not in FLAGS},
        streams=np.stack([[key[name] for name in STREAMS] for key in keys]),
        redrawn=redraw,
        in_sample=stacked.get("in_sample", np.zeros((members, 0))).astype(bool),
        diverged=diverged,
        ids=np.arange(members),
    )
