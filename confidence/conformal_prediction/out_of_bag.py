"""Members that were not trained on an item."""

from typing import Any

import numpy as np

from toolbox.core import checks


def out_of_bag_weights(votes: Any, in_sample: Any) -> np.ndarray:
    """Return (n, R): equal weights of the members that have not seen the item, 0 for the others."""
    shape = np.shape(votes)
    seen = checks.real_array(in_sample, "in_sample", ndim=2)
    if len(shape) != 3 or seen.shape != shape[:2]:
        checks.refuse("in_sample", f"(R, n) as votes (R, n, C) of shape {shape}", seen.shape)
    if not np.isin(seen, (0, 1)).all():
        checks.refuse("in_sample", "true and false only", "other numbers")
    fresh = (seen == 0).T
    counts = fresh.sum(axis=1)
    if not counts.all():
        got = f"{np.count_nonzero(counts == 0)} items that every member was trained on"
        checks.refuse("in_sample", "a member that has not seen it for every item", got)
    return fresh / counts[:, None]
