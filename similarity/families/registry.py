"""The families of features: a new one is a file in this folder and a line in this table."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np


@dataclass(frozen=True)
class Family:
    """One family: where its features are computed, and how pairs of them are weighed."""

    function: str  # file of this folder, and function in it
    log_energies: bool = False  # the features are logarithms of energies
    from_parts: bool = False  # their correlations are read from the parts of items too
    images_only: bool = False

    @property
    def features(self) -> Callable[[np.ndarray], np.ndarray]:
        """Return the function; its file is loaded when asked for, for some load JAX."""
        file, _, name = self.function.partition(".")
        return getattr(import_module(f"similarity.families.{file}"), name)


FAMILIES = {
    "spectrum": Family("spectrum.log_spectra", log_energies=True),
    "wavelet": Family("wavelet.log_energies", log_energies=True),
    "whitened": Family("spectrum.magnitudes"),
    "leaders": Family("wavelet.non_spectral"),
    "hyperbolic": Family("wavelet.pair_log_energies", log_energies=True, images_only=True),
    "lbp": Family("local_binary_patterns.histograms", from_parts=True, images_only=True),
    "patches": Family("patch_transport.quantiles", from_parts=True),
}

IMAGES_ONLY = tuple(name for name, family in FAMILIES.items() if family.images_only)
