"""How far the mask of a turned image is from the turned mask."""

from typing import Any

import numpy as np

from labelling.segmentation.segmenters import Segmenter, checked_segmenter, segment_votes
from labelling.segmentation.training_images import checked_group, checked_images
from toolbox.core import checks
from toolbox.networks.segmentation.dihedral import GROUPS, moved


def equivariance_error(segmenter: Segmenter, images: Any, *, group: str = "d4") -> float:
    r"""Return how far masks of turned images are from turned masks; lower is better, 0 is exact.

    Parameters
    ----------
    segmenter : Segmenter
    images : array (n, [K,] h, w)
        Square ones for "d4".
    group : str
        "d2": mirrors and half a turn. "d4": quarter turns too.

    Returns
    -------
    float
        Mean over images, pixels, members and elements g (all but the identity) of the total
        variation, from 0 to 1.

    Raises
    ------
    InputError
        Images that are not square for "d4", or that the segmenter cannot take.

    Notes
    -----
    .. math:: \frac12 \sum_k |p_k(g x) - g p_k(x)|,

    which is 0 for a network that is equivariant (Cohen and Welling, 2016). With ``exact_group`` the
    error is rounding, below 1e-5, for the elements of that group.

    Examples
    --------
    >>> from labelling import equivariance_error, segment
    >>> from synthesis import scenes
    >>> drawn = scenes(n=1, size=32, classes=2, seed=0)
    >>> exact = segment(drawn.images, masks=drawn.masks, classes=2, members=1, network="unet",
    ...                 exact_group="d4", steps=2, seed=0, progress=False)
    >>> equivariance_error(exact, drawn.images, group="d4") < 1e-5
    True
    """
    checked_segmenter(segmenter)
    checks.choice(group, "group", tuple(GROUPS)[1:])
    x = checked_images(images, "images")
    checked_group(group, "group", x.shape[-2:])
    plain = segment_votes(segmenter, x)
    errors = []
    for element in GROUPS[group][1:]:
        turned = segment_votes(segmenter, np.ascontiguousarray(moved(x, element)))
        errors.append(np.abs(turned - moved(plain, element)).sum(axis=2).mean() / 2)
    return float(np.mean(errors))
