"""Named arrays in one npz file whose bytes depend on nothing but the arrays.

No pickle, no time stamps, no compression. Beside the arrays stands ``head.json`` with a checksum
of each; what does not agree with its checksum, or cannot be read to its end, counts as absent.
"""

import hashlib
import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

HEAD = "head.json"


def checksum(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's type, shape and bytes.

    Examples
    --------
    >>> checksum(np.zeros(3)) == checksum(np.zeros((1, 3)))
    False
    """
    array = np.asarray(array, order="C")
    digest = hashlib.sha256(f"{array.dtype.name} {array.dtype.str} {array.shape}".encode())
    digest.update(array.reshape(-1).view(np.uint8) if array.size else b"")
    return digest.hexdigest()


def write_arrays(handle: BinaryIO, arrays: dict[str, np.ndarray], **head: Any) -> dict[str, Any]:
    """Write the arrays and a head of plain values; return the head as it was written."""
    head["arrays"] = {
        name: {"dtype": array.dtype.name, "shape": list(array.shape), "sha256": checksum(array)}
        for name, array in arrays.items()
    }
    with zipfile.ZipFile(handle, "w") as archive:
        for i, (name, array) in enumerate(arrays.items()):
            if array.dtype.name == "bfloat16":  # .npy files know no such type
                array = array.view(np.uint16)
            plain = np.asarray(array, order="C")
            with archive.open(entry_name(name, i), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, plain, allow_pickle=False)
        with archive.open(HEAD, "w") as entry:
            entry.write(json.dumps(head, allow_nan=False, sort_keys=False, indent=1).encode())
    return head


def read_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Return the arrays and the head, or None when the file is absent, cut short or altered."""
    try:
        with zipfile.ZipFile(path) as archive:
            head = json.loads(archive.read(HEAD))
            arrays = {
                name: _read_array(archive.read(entry_name(name, i)), stated)
                for i, (name, stated) in enumerate(head["arrays"].items())
            }
    except PermissionError:
        raise
    except Exception:  # a broken archive fails in many ways
        return None
    return None if any(array is None for array in arrays.values()) else (arrays, head)


def entry_name(name: str, position: int) -> str:
    """Return the array's own name where a zip archive can hold it, otherwise its position."""
    plain = name.isascii() and name.replace("_", "").replace(".", "").isalnum()
    return f"{name}.npy" if plain else f"array-{position}.npy"


def _read_array(content: bytes, stated: dict[str, Any]) -> np.ndarray | None:
    array = np.lib.format.read_array(BytesIO(content), allow_pickle=False)
    if stated["dtype"] == "bfloat16":
        import ml_dtypes

        array = array.view(ml_dtypes.bfloat16)
    return array if checksum(array) == stated["sha256"] else None
