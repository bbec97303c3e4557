"""``grainwise retrain`` computes one member of a prepared store, as a job array asks for it."""

import os
import sys
from pathlib import Path


def retrain(*, store: Path, index: int, job: str = "") -> int:
    """Compute one member of the study that toolbox.retrain(..., engine="prepare") kept.

    Start it where the member's module can be imported. Nothing is done when the result is there,
    and nothing is verified: toolbox.retrain does that when it prepares or reads the store.

    Parameters
    ----------
    store
        The folder that was prepared.
    index
        The member's number, from 0, for example $SLURM_ARRAY_TASK_ID.
    job
        Which study, where the store holds several.
    """
    from toolbox.retraining.jobs import compute_member, only_job, want_job
    from toolbox.retraining.stores import Store

    here = str(Path.cwd())
    sys.path += [here] if here not in sys.path else []
    opened = Store(store, make=False)
    job = job or only_job(opened)
    number = want_job(opened, job, index)
    computed = compute_member(os.fspath(opened.root), job, number, "job array")
    print(f"member {number} {'computed' if computed else 'was there'}")
    return 0
