"""The largest magnitude of fields, whether they vary, and whether they are finite: one reading."""

import numpy as np

from toolbox.kernels.cpu.compiling import compiled


def magnitudes(fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return max |x| of each of (fields, samples), NaN if a sample is, and whether these differ."""
    # As whole numbers sizes are in the same order, NaN above all, and only these are compared side
    # by side.
    whole = np.int64 if fields.dtype == np.float64 else np.int32
    largest, varies = np.empty(len(fields), whole), np.empty(len(fields), bool)
    views = fields.view(), fields.view(whole)
    for view in views:
        view.flags.writeable = False  # one type of array, compiled once
    measure(*views, whole(np.iinfo(whole).max), largest, varies)
    return largest.view(fields.dtype), varies


@compiled()
def measure(
    fields: np.ndarray, bits: np.ndarray, unsigned: int, largest: np.ndarray, varies: np.ndarray
) -> None:
    """Write both of each field, whose numbers without their sign are `bits` & `unsigned`."""
    for k in range(len(fields)):
        samples, row, i = fields[k], bits[k], 1
        while i < len(samples) and samples[i] == samples[0]:
            i += 1
        varies[k] = i < len(samples)
        top = row[0] & unsigned
        for i in range(len(row)):
            top = max(top, row[i] & unsigned)
        largest[k] = top
