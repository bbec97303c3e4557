"""Ground floor: data doors, multiscale statistics, resampling, and training repeated from scratch.

The table below is the whole public interface; a name is loaded when it is first used, so that
``import toolbox`` loads neither torch nor JAX.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "doors": ["InputError"],
        "loading": ["Loaded", "components_first", "load"],
        "photographs": ["textures"],
        "cropping": ["Crops", "crops"],
        "splitting": ["Split", "check_split", "split"],
        "processes": ["Process"],
        "fractional_fields": ["fractional_field"],
        "multifractal_fields": ["multifractal_field"],
        "multivariate_fields": ["multivariate_field"],
        "anisotropic_fields": ["anisotropic_field"],
        "cascades": ["lognormal_cascade", "logpoisson_cascade"],
        "skewed_walks": ["skewed_walk"],
        "spectral_fields": ["spectral_field"],
        "wavelets": ["Coefficients", "wavelet_coefficients"],
        "leaders": ["Leaders", "wavelet_leaders"],
        "multifractal_analysis": ["Multifractal", "multifractal"],
        "bias_calibration": ["calibrate"],
        "cumulant_equality": ["EqualityTest", "equality_test"],
        "simulation_tests": ["SimulationTest", "monofractality_test", "scaling_test"],
        "local_regularity": ["RegularityMap", "regularity_map"],
        "whittle_intermittency": ["WhittleC2", "whittle_c2"],
        "cross_cumulants": ["CrossMultifractal", "cross_multifractal"],
        "cross_calibration": ["calibrate_cross"],
        "hyperbolic_wavelets": [
            "HyperbolicEnergy",
            "hyperbolic_distance",
            "hyperbolic_energy",
        ],
        "descriptions": ["Description", "describe"],
        "phase_harmonic_covariances": ["PhaseHarmonics", "phase_harmonics"],
        "bridge": ["torch_function"],
        "energy_statistics": ["energy_distance"],
        "sliced_transport": ["sliced_wasserstein"],
        "optimal_transport": ["wasserstein"],
        "kernel_discrepancy": ["mmd"],
        "resampling": ["Interval", "PermutationTest", "bootstrap_interval", "permutation_p_value"],
        "retraining.engines": ["Runs", "retrain"],
        "persistence": ["restore", "save"],
        "diagnosis": ["Report", "doctor"],
    },
)
