"""``grainwise trust``: how far the votes of networks trained from scratch can be trusted."""

from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from grainwise.answers_out import check_out, give
from toolbox.core.checks import refuse


def trust(
    path: Annotated[Path, tyro.conf.Positional],
    *,
    resamples: int = 999,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Assess votes: for each subject its class, probability, standard error and entropies.

    Parameters
    ----------
    path
        A .npz or .mat file with ``votes``, (members, subjects, classes), and, where the truth is
        known, ``labels``: the index of each subject's class, from 0.
    resamples
        Bootstrap resamples behind the interval of the calibration error.
    out
        A .csv (a row a subject), .json or .mat file (with the scores); without, a table on a
        terminal.
    json
        Print JSON on a terminal too.
    """
    check_out(out)
    votes, labels = _votes(path)
    from confidence import assess, reliability

    found = assess(votes)
    subjects = {
        "subject": np.arange(votes.shape[1]),
        "class": found.mean.argmax(axis=1),
        "probability": found.mean.max(axis=1),
        "standard_error": np.take_along_axis(
            found.standard_error, found.mean.argmax(axis=1)[:, None], axis=1
        )[:, 0],
        "total_entropy": found.total,
        "aleatoric_entropy": found.aleatoric,
        "epistemic_entropy": found.epistemic,
    }
    if labels is None or (out is not None and out.suffix.lower() == ".csv"):
        give(subjects, out, notes=[found.note], json=json)
        return 0
    scores = reliability(votes.mean(axis=0), labels, seed=0, resamples=resamples)
    notes = [found.note, scores.note]
    give(subjects | {"reliability": scores.asdict()}, out, notes=notes, json=json)
    return 0


def _votes(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Read votes, and labels where there are some."""
    from toolbox.data.files.arrays import read_arrays
    from toolbox.data.files.matlab import read_mat
    from toolbox.data.memory_limits import Room
    from toolbox.data.readable_files import read_or_refuse

    readers = {".npz": read_arrays, ".npy": read_arrays, ".mat": read_mat}
    if path.suffix.lower() not in readers or not path.exists():
        refuse("path", f"an existing file that ends in {', '.join(readers)}", repr(str(path)))
    arrays = read_or_refuse(readers[path.suffix.lower()], path, Room())
    votes = arrays.get("votes", arrays.get("values"))
    if votes is None:
        refuse("path", "a file with votes", f"{', '.join(arrays)} in {str(path)!r}")
    labels = arrays.get("labels")
    return votes, None if labels is None else np.ravel(labels)
