"""Repeat a training from scratch: the same member, once for each set of random streams."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tqdm import tqdm

from toolbox import doors
from toolbox.retraining.designs import STREAMS, stream_names
from toolbox.retraining.results import Runs, stacked
from toolbox.retraining.studies import is_jitted, opened, study_of, takes_checkpoint

__all__ = ["STREAMS", "Runs", "retrain", "stream_names"]

ENGINES = ("auto", "loop", "map", "vmap", "processes", "dask", "prepare")

Member = Callable[..., Mapping[str, Any]]


def retrain(  # noqa: PLR0913 - two arguments, and each option is one decision of the study
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
        variables that it reads by name, and versions of Python and the libraries. What is there is
        read and only the rest is computed, so that a call which was killed goes on where it
        stopped. A member that diverged is a result as any other. Files that a member opens by
        itself are no part of the digest: pass what is in them as data.
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
    seed = doors.seed(seed)
    if not callable(member):
        doors.refuse("member", "a function member(streams, data)", doors.describe_value(member))
    if not isinstance(data, dict | tuple | list):
        doors.refuse("data", "a dictionary or a tuple of arrays", doors.describe_value(data))
    engine = _engine(doors.choice(engine, "engine", ENGINES), member)
    if store is None and engine in ("dask", "prepare"):
        doors.refuse("store", f"a folder, for engine={engine!r}", "None")
    workers = _workers(workers, engine)
    verify = doors.flag(verify, "verify")
    plan = {"seed": seed, "redraw": redraw, "members": members, "device": device}

    def bar(work: Iterable, *, total: int, initial: int = 0) -> Iterable:
        hidden = None if progress else True
        return tqdm(work, total=total, initial=initial, desc="members", disable=hidden)

    if store is None and engine != "processes":
        from toolbox.retraining.training import in_process

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
        doors.refuse("engine", wanted, repr(engine))
    if jitted and takes_checkpoint(member):
        doors.refuse("member", "a jitted member without checkpoint", "one that takes checkpoint")
    return ("map" if jitted else "loop") if engine == "auto" else engine


def _workers(workers: Any, engine: str) -> int | str | None:
    if engine == "dask":
        return workers
    if engine == "processes":
        cores = len(os.sched_getaffinity(0))
        return cores if workers is None else doors.count(workers, "workers")
    if workers is not None:
        doors.refuse("workers", "None, except for 'processes' and 'dask'", repr(workers))
    return None
