"""Sets of very many textures: each group has a law of its own, drawn at random."""

import numpy as np

from similarity.benchmark_sets import field_laws
from toolbox.core.streams import generator

HURST = (0.2, 0.8)
MODULATION = (0.0, 0.6)  # of the spectrum with the angle
INTERMITTENCY = (0.0, 0.08)  # lambda^2


def many_textures(groups: int, *, each: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 images (groups x each, size, size) and their groups.

    H, the strength and the direction of anisotropy, and lambda^2 are uniform and independent.
    Group k is the same in sets of any number of groups.
    """
    images = np.empty((groups * each, size, size), np.float32)
    for k in range(groups):
        rng = generator(seed, "law", k)
        hurst, modulation, strength = (rng.uniform(*r) for r in (HURST, MODULATION, INTERMITTENCY))
        spectrum = field_laws.modulated(
            field_laws.power_law(size, hurst), modulation, rng.uniform(0, np.pi)
        )
        spectrum = field_laws.normalised(spectrum)
        volatility = field_laws.log_volatility(size, strength)
        for i in range(each):
            images[k * each + i] = field_laws.draw(spectrum, volatility, rng)
    return images, np.repeat(np.arange(groups), each)
