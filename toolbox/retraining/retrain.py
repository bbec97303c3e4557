"""Repeat a training from scratch: the same member, once for each set of random streams."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any

import numpy as np
from tqdm import tqdm

from toolbox.core import checks
from toolbox.core.item_blocks import usable_cores
from toolbox.core.records import record
from toolbox.retraining.studies.study import (
    STREAMS,
    Study,
    is_jitted,
    opened,
    study_of,
    takes_checkpoint,
)

ENGINES = ("auto", "loop", "map", "vmap", "processes", "dask", "prepare")
FLAGS = ("diverged", "in_sample")

Member = Callable[..., Mapping[str, Any]]


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


def retrain(
    member: Member,
    data: Any,
    *,
    members: int | None = None,
    seed: int,
    redraw: tuple[str, ...] | dict[str, int] = ("init", "order"),
    store: str | os.PathLike | None = None,
    verify: bool = True,
    engine: str = "auto",
    workers: int | str | None = None,
    device: str = "auto",
    progress: bool = True,
) -> Runs:
    """Train `members` members from scratch, each on its own random streams.

    Python only: the member is a callable.

    Parameters
    ----------
    member : callable
        ``member(streams, data)`` trains once and returns a dictionary of arrays: its weights, or
        whatever it predicts with. ``streams`` maps each of "init", "order", "resample", "augment",
        "dropout" to a key, two unsigned 32-bit words, from which all of the member's randomness
        must be drawn: `jax.random` takes the key as it is, NumPy through
        `toolbox.retraining.streams.numpy_generator`. The names "diverged" (one truth value) and
        "in_sample" (one truth value an item) have a meaning of their own. Hyper-parameters are
        bound with `functools.partial`. A long member may take a third argument, ``checkpoint``:
        ``checkpoint.save(arrays)`` keeps a dictionary of arrays in the store, and after a kill
        ``checkpoint.load()`` returns it (None at a first start).
    data : dict or tuple of arrays
        Passed on to the member.
    members : int
        How many, R >= 1. Not needed where `redraw` holds levels.
    seed : int
        Fixes all streams. Member 3 is the same whether 5 or 50 are trained.
    redraw : tuple of str, or dict
        The streams that differ from member to member. A stream that is not named is shared by all
        members, and the spread over members then says nothing about it. A dictionary of levels,
        ``{"init": 7, "order": 7}``, is a crossed design: every combination once, here R = 49.
    store : path, optional
        A folder that keeps every member under the digest of what it depends on: its compiled code,
        the values that it reads, in your modules too, data, streams, hyper-parameters, environment
        variables that it reads by name (but those of threads and paths, which workers are given
        anew), and versions of Python and the libraries. What is there is read and only the rest is
        computed, so that a call which was killed goes on where it stopped. A member that diverged
        is a result as any other. Files that a member opens by itself are no part of the digest:
        pass what is in them as data.
    verify : bool
        Before kept members are used, one of them is computed again, the quickest, and must come out
        the same bit for bit: no digest reads everything. It is done once in a process for each
        store and code, so that going on, or only reading a full store, costs at most one member
        more; ``.verified`` says what was done. Kept in other surroundings (machine, versions,
        number of threads), it may differ by rounding; what "vmap" kept is not verified. False
        trusts the digest alone: members that were computed by other code, other files or other
        settings than those of today may then be taken for today's. Give it for members that never
        repeat themselves bit for bit, as on some GPUs.
    engine : str
        "loop" calls any Python function, one member after the other. "map" is for members
        decorated with `jax.jit`: the one compiled program is run for each member, on all the cores
        that this process may use; results are those of "loop" bit for bit. "auto" takes "map" for
        jitted members and "loop" for others. "vmap" trains jitted members side by side in one
        program: the same up to rounding. "processes" keeps `workers` processes of one thread each
        busy and replaces those that die; a member that kills four of them without getting further
        is set aside in ``.quarantined``. "dask" uses the scheduler at the address `workers` (extra
        ``[cluster]``) and needs a store that its workers share. "prepare" computes nothing: it
        makes the store ready for ``grainwise retrain --store STORE --index NUMBER``, one call a
        member as job arrays do, and returns the members that are there, one of them verified
        (those calls verify nothing, or each would take twice as long).
    workers : int or str, optional
        For "processes" how many (default: one a core), for "dask" the scheduler's address.
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
        dictionary of arrays, or arrays whose shapes differ from member to member. With a store:
        a folder that cannot be written, or was by a newer version; a member that reads what no
        digest can tell apart, or writes to its data; one that was kept and now comes out
        otherwise. With other processes: a member that is not
        at the top of a module that they can import, or whose arguments have other names.
    RuntimeError
        A member raised an error in another process; its text is in this one's.

    Notes
    -----
    Takes a Python function, hence has no MATLAB form. A jitted member is run in float64 if one of
    the data is float64, otherwise in float32. Engine, device, threads and machine are recorded
    beside each result in the store and are no part of its key: what one engine kept, another
    reads, and on another kind of machine the last bits may differ. What differs between members
    when only some streams are redrawn: Bouthillier et al. (2021).

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
    seed = checks.seed(seed)
    if not callable(member):
        checks.refuse("member", "a function member(streams, data)", checks.describe_value(member))
    if not isinstance(data, dict | tuple | list):
        checks.refuse("data", "a dictionary or a tuple of arrays", checks.describe_value(data))
    engine = _engine(checks.choice(engine, "engine", ENGINES), member)
    if store is None and engine in ("dask", "prepare"):
        checks.refuse("store", f"a folder, for engine={engine!r}", "None")
    workers = _workers(workers, engine)
    verify = checks.flag(verify, "verify")
    plan = {"seed": seed, "redraw": redraw, "members": members, "device": device}

    def bar(work: Iterable, *, total: int, initial: int = 0) -> Iterable:
        hidden = None if progress else True
        return tqdm(work, total=total, initial=initial, desc="members", disable=hidden)

    if store is None and engine != "processes":
        from toolbox.retraining.studies.in_process import in_process

        study = study_of(member, data, **plan)
        everyone = list(range(len(study.table)))
        done = in_process(study, engine, everyone, skip=lambda number: False)
        return stacked(dict(bar(done, total=len(everyone))), study)
    with opened(store) as place:
        from toolbox.retraining.resumption import resumed

        study = study_of(member, data, store=place, **plan)
        how = {"engine": engine, "workers": workers, "verify": verify}
        returned, aside, verified = resumed(study, **how, bar=bar)
        return stacked(returned, study, aside, verified)


def _engine(engine: str, member: Member) -> str:
    """Return the engine, one that can run this member."""
    jitted = is_jitted(member)
    if engine in ("map", "vmap") and not jitted:
        wanted = "'loop' or 'processes' for a member that is not decorated with jax.jit"
        checks.refuse("engine", wanted, repr(engine))
    if jitted and takes_checkpoint(member):
        checks.refuse("member", "a jitted member without checkpoint", "one that takes checkpoint")
    return ("map" if jitted else "loop") if engine == "auto" else engine


def _workers(workers: Any, engine: str) -> int | str | None:
    if engine == "dask":
        return workers
    if engine == "processes":
        return usable_cores() if workers is None else checks.count(workers, "workers")
    if workers is not None:
        checks.refuse("workers", "None, except for 'processes' and 'dask'", repr(workers))
    return None


def stacked(
    returned: dict[int, dict], study: Study, quarantined: tuple[int, ...] = (), verified: str = ""
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
