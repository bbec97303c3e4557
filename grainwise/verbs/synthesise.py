"""``grainwise synthesise``: new items like those of a file or folder."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro

from grainwise.answers_out import check_out
from toolbox.core.atomic_files import refusing

_SUFFIXES = (".npy", ".npz", ".mat")
_METHODS = {
    "wavelet": "wavelet_synthesis",
    "filter": "filter_synthesis",
    "patch": "patch_synthesis",
    "phase-randomised": "phase_randomised",
    "iaaft": "iaaft",
}


def synthesise(
    path: Annotated[Path, tyro.conf.Positional],
    *,
    n: int,
    seed: int,
    out: Path,
    method: Literal["wavelet", "filter", "patch", "phase-randomised", "iaaft"] = "wavelet",
    dim: int | None = None,
    crop: int | None = None,
    size: int | None = None,
    grey: bool = False,
    skip: bool = False,
) -> int:
    """Synthesise items like the exemplars of a file or folder, and write them with their parents.

    Parameters
    ----------
    path
        The exemplars: an image, a .npy, .npz or .mat file, or a folder: of images, or with a
        sub-folder a class.
    n
        Number of children, dealt to the exemplars in turn.
    seed
        Seed of the children.
    out
        A .npy (children alone), .npz or .mat file (values, parents, their units, losses).
    method
        Which synthesiser.
    dim
        1 for signals, 2 for images; needed for arrays.
    crop
        Cut every exemplar into disjoint crops of this size first.
    size
        Side of the children; that of the exemplars without.
    grey
        Turn colours into grey.
    skip
        Leave out, and list, what cannot be read or used, instead of refusing all.
    """
    check_out(out, suffixes=_SUFFIXES)
    import synthesis
    from grainwise.items_in import answered, read_items

    exemplars = read_items(path, dim=dim, crop=crop, argument="path", grey=grey, skip=skip)
    made, exemplars = answered(
        exemplars,
        lambda e: getattr(synthesis, _METHODS[method])(
            e.values, dim=e.dim, n=n, size=size, seed=seed
        ),
        skip=skip,
    )
    answer = {
        "values": made.samples,
        "parents": made.parents,
        "units": exemplars.units[made.parents],
        "losses": made.losses,
    }
    _write(answer, out)
    print(f"{n} children of {len(exemplars.names)} exemplars in {out}")
    return 0


def _write(answer: dict[str, np.ndarray], out: Path) -> None:
    from toolbox.core.atomic_files import written_whole
    from toolbox.data.files.matlab import write_mat

    with refusing(out, "out"):
        if out.suffix.lower() == ".mat":
            write_mat(out, answer)
            return
        with written_whole(out) as handle:
            if out.suffix.lower() == ".npy":
                np.save(handle, answer["values"])
            else:
                np.savez(handle, **answer)
