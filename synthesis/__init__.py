"""Texture synthesis, its quality indices, the gate, and rare-class oversampling."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "matching.synthesis_record": ["Synthesis"],
        "synthesisers.network_grams": ["network_synthesis"],
        "synthesisers.patch_distributions": ["patch_synthesis"],
        "synthesisers.filter_grams": ["filter_synthesis"],
        "synthesisers.surrogates": ["iaaft", "phase_randomised"],
        "synthesisers.wavelet_covariances": ["wavelet_synthesis"],
        "evaluation.quality_index": ["Quality", "quality"],
        "evaluation.set_distance": ["SetDistance"],
        "evaluation.frechet": ["frechet_distance"],
        "evaluation.kernel": ["kernel_distance"],
        "evaluation.precision_recall": ["PrecisionRecall", "precision_recall"],
        "evaluation.structural_similarity": ["stsim"],
        "rare_classes.gating": ["Gate", "gate"],
        "rare_classes.oversampling": ["Oversampled", "oversample"],
        "simulated_scenes.scenes": ["Scenes", "scenes"],
        "gan.member": ["gan_member"],
        "gan.sampling": ["gan_samples"],
        "gan.reproducibility": ["Reproducibility", "gan_reproducibility"],
        "gan.a_priori": ["APriori"],
        "gan.scale_curves": ["ScaleCurves"],
    },
)
