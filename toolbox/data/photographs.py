"""Real photographs of textures that need no download."""

import numpy as np

from toolbox.data.loading import Loaded

_NAMES = ("brick", "grass", "gravel")


def textures() -> Loaded:
    """Return three grey photographs of textures, 512 x 512 pixels: brick, grass and gravel.

    Returns
    -------
    Loaded
        ``values`` is ``(3, 512, 512)`` float32 from 0 to 1, ``names`` and ``labels`` are brick,
        grass, gravel; the resolution is unknown (NaN).

    Notes
    -----
    The files are part of scikit-image's wheel, so that nothing is downloaded. They come from
    CC0 Textures by way of scikit-image (``skimage.data.brick``, ``grass``, ``gravel``).

    Examples
    --------
    >>> from toolbox import textures
    >>> photographs = textures()
    >>> photographs.names
    ('brick', 'grass', 'gravel')
    >>> photographs.values.shape
    (3, 512, 512)
    """
    from skimage import data

    images = [getattr(data, name)() for name in _NAMES]
    return Loaded(
        values=np.stack(images).astype(np.float32) / np.float32(255),
        names=_NAMES,
        labels=np.array(_NAMES),
        resolution=float("nan"),
        missing=0.0,
    )
