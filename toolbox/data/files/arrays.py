"""Read NumPy's own files, never unpickling anything."""

from pathlib import Path

import numpy as np

from toolbox.core.checks import InputError, items


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by their names; raises what NumPy raises."""
    with path.open("rb") as handle:
        content = np.load(handle, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return {"values": content}
        with content:
            return {name: content[name] for name in content.files}


def with_items(values: np.ndarray, source: str, *, dim: int) -> np.ndarray:
    """Return ``(n, [K,] *space)``: NaN is let through, all else is checked as everywhere."""
    absent = np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)
    try:
        checked = items(np.where(absent, values.dtype.type(), values), "path", dim=dim)
    except InputError as error:
        raise InputError(f"{error} in {source!r}") from None
    if values.ndim < dim + 2:
        checked, absent = checked[:, 0], absent.reshape(checked.shape)[:, 0]
    return np.where(absent, checked.dtype.type(np.nan), checked)
