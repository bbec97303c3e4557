"""Jobs: a study kept in its store, so that another process can compute any member by its number.

The file holds the data, the hyper-parameters and the *name* of the member function, never code;
whoever computes must be able to import that name, and gets the same digest or is refused.
"""

import json
import sys
import time
from functools import lru_cache, partial
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.retraining.store.array_archives import read_arrays
from toolbox.retraining.store.environments import environment
from toolbox.retraining.store.kept_values import as_tree, from_tree, kept
from toolbox.retraining.store.store import Store, key_of
from toolbox.retraining.studies.in_process import training
from toolbox.retraining.studies.study import Study, study_of
from toolbox.retraining.studies.verification import recomputed


def compute_member(root: str, job: str, number: int, engine: str) -> bool:
    """Compute one member of a job unless its result is there; say whether it was computed."""
    study = _writable_study(root, job, _written(root, job))
    if study.store.read(study.keys[number]) is not None:
        return False
    began = time.perf_counter()
    arrays = training(study)(number)
    seconds = time.perf_counter() - began
    beside = environment(engine=engine, device=study.device, seconds=seconds)
    study.store.write(study.keys[number], arrays, beside)
    return True


def check_member(root: str, job: str, number: int) -> dict[str, Any]:
    """Compute a member of a job that was kept once more, and report how the two compare."""
    return recomputed(_study(root, job, _written(root, job)), number)


def only_job(store: Store) -> str:
    """Return the key of the job in a store that holds one."""
    found = sorted(file.stem for file in (store.root / "jobs").glob("[!.]*.npz"))
    if not found:
        wanted = "a store that toolbox.retrain(..., engine='prepare') made ready"
        checks.refuse("store", wanted, f"no job in {str(store.root)!r}")
    if len(found) > 1:
        checks.refuse("job", f"one of {', '.join(found)}", "none, and the store holds several")
    return found[0]


def want_job(store: Store, job: str, index: int) -> int:
    """Return the number of a member that the job has; nothing is imported yet."""
    return checks.count(index, "index", minimum=0, maximum=_read(store, job)[1]["members"] - 1)


def _written(root: str, job: str) -> int:
    path = Path(root) / "jobs" / f"{job}.npz"
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=2)
def _study(root: str, job: str, written: int) -> Study:
    return read_job(Store(root), job)


@lru_cache(maxsize=2)
def _writable_study(root: str, job: str, written: int) -> Study:
    study = _study(root, job, written)
    study.store.want_writable()
    return study


def write_job(study: Study) -> str:
    """Keep all that another process needs to compute any member; return the job's key."""
    function, member = _reference(study.member), study.member
    bound = (member.args, member.keywords) if isinstance(member, partial) else None
    bound = kept(bound, "member")
    levels = sorted(study.redraw.items()) if isinstance(study.redraw, dict) else None
    plan = [study.seed, study.redrawn, levels]
    key = key_of({"member": study.code, "data": study.data_key, "plan": plan})
    members = len(study.keys)
    earlier = read_arrays(study.store.root / "jobs" / f"{key}.npz")
    if earlier and levels is None:
        members = max(members, earlier[1]["members"])
    arrays: list[np.ndarray] = []
    tree = as_tree((bound, study.data), arrays)
    head = {"function": function, "code": study.code, "seed": study.seed, "redrawn": study.redrawn}
    head |= {"levels": levels, "members": members, "device": study.device, "values": tree}
    named = {f"{i}": array for i, array in enumerate(arrays)}
    if earlier and earlier[1] == json.loads(json.dumps(head)) | {"arrays": earlier[1]["arrays"]}:
        return key  # as it is there: what is only read need not be writable
    study.store.write_file(f"jobs/{key}.npz", named, **head)
    return key


def read_job(store: Store, key: str) -> Study:
    """Bring a job back; its function is imported and must be the one the job was made of."""
    arrays, head = _read(store, key)
    bound, data = from_tree(head["values"], [arrays[f"{i}"] for i in range(len(arrays))])
    member = _imported(head["function"])
    if bound is not None:
        member = partial(member, *bound[0], **bound[1])
    _want_member(member, head["function"])
    redraw = dict(head["levels"]) if head["levels"] else tuple(head["redrawn"])
    study = study_of(
        member,
        data,
        seed=head["seed"],
        redraw=redraw,
        members=head["members"],
        device=head["device"],
        store=store,
    )
    if study.code != head["code"]:
        wanted = "the source and libraries that the job was prepared with"
        checks.refuse("member", wanted, f"others of {head['function']}")
    return study


def _read(store: Store, job: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    found = read_arrays(store.root / "jobs" / f"{job}.npz")
    if found is None or "function" not in found[1]:
        checks.refuse("job", f"a whole job of {str(store.root)!r}", repr(job))
    return found


def _reference(member: Any) -> str:
    """Return ``module:name`` of a function that another process finds under it."""
    function = member.func if isinstance(member, partial) else member
    wanted = "a function at the top of a module that another process can import"
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if module == "__main__":
        checks.refuse("member", wanted, f"{name} of __main__: move it to a file of its own")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is not function or not name:
        checks.refuse("member", wanted, f"{name or checks.describe_value(member)} of {module}")
    _want_member(member, name)
    return f"{module}:{name}"


def _want_member(member: Any, name: str) -> None:
    """Refuse what does not look like a member: a job must not name just anything to be called."""
    try:
        parameters = list(signature(member).parameters)[:2]
    except (TypeError, ValueError):
        parameters = []
    if parameters != ["streams", "data"]:
        checks.refuse("member", "a function member(streams, data)", f"{name} of {parameters}")


def _imported(reference: str) -> Any:
    module, _, name = reference.partition(":")
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        wanted = f"{reference}, which the job was prepared with, to be importable from here"
        raise checks.InputError(f"member: wanted {wanted}, got {error}") from error
    return found
