"""Texture synthesis, its quality indices, the gate, and rare-class oversampling."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "results": ["Synthesis"],
        "network_grams": ["network_synthesis"],
        "patch_statistics": ["patch_synthesis"],
        "random_filters": ["filter_synthesis"],
        "surrogates": ["iaaft", "phase_randomised"],
        "wavelet_statistics": ["wavelet_synthesis"],
        "quality_index": ["Quality", "quality"],
        "set_distances": ["SetDistance"],
        "frechet_distances": ["frechet_distance"],
        "kernel_distances": ["kernel_distance"],
        "neighbourhood_scores": ["PrecisionRecall", "precision_recall"],
        "structural_similarity": ["stsim"],
        "gating": ["Gate", "gate"],
        "oversampling": ["Oversampled", "oversample"],
        "gan_training": ["gan_member"],
        "gan_sampling": ["gan_samples"],
        "training_reproducibility": ["Reproducibility", "gan_reproducibility"],
    },
)
