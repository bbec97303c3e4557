"""The lowest layer: data, multiscale statistics, resampling, and training repeated from scratch.

The table below is the whole public interface; a name is loaded when it is first used, so that
``import toolbox`` loads neither torch nor JAX.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "core.checks": ["InputError"],
        "data.loading": ["Loaded", "components_first", "load"],
        "data.series.loading": ["Series", "load_series"],
        "data.photographs": ["textures"],
        "data.papers": ["Papers", "load_papers"],
        "data.cropping": ["Crops", "crops"],
        "data.splitting": ["Split", "check_split", "split"],
        "processes.process": ["Process"],
        "processes.fractional_fields": ["fractional_field"],
        "processes.multifractal_walks": ["multifractal_field"],
        "processes.multivariate_walks": ["multivariate_field"],
        "processes.anisotropic_fields": ["anisotropic_field"],
        "processes.cascades": ["lognormal_cascade", "logpoisson_cascade"],
        "processes.skewed_walks": ["skewed_walk"],
        "processes.spectral_fields": ["spectral_field"],
        "processes.satellite_series.phenology": ["Phenology", "phenology"],
        "processes.satellite_series.additive": ["additive_phenology"],
        "multiscale.wavelet_transform": ["Coefficients", "wavelet_coefficients"],
        "multiscale.leaders": ["Leaders", "wavelet_leaders"],
        "multifractals.multifractal_analysis": ["Analysis", "Multifractal", "multifractal"],
        "multifractals.fitted_model.bias_calibration": ["calibrate"],
        "multifractals.equality_test": ["EqualityTest", "equality_test"],
        "multifractals.fitted_model.simulation_tests": [
            "SimulationTest",
            "monofractality_test",
            "scaling_test",
        ],
        "multifractals.local_regularity": ["RegularityMap", "regularity_map"],
        "multifractals.whittle": ["WhittleC2", "whittle_c2"],
        "multifractals.components.cross_cumulants": ["CrossMultifractal", "cross_multifractal"],
        "multifractals.components.cross_calibration": ["calibrate_cross"],
        "multiscale.hyperbolic_wavelets": [
            "HyperbolicEnergy",
            "hyperbolic_distance",
            "hyperbolic_energy",
        ],
        "multiscale.descriptions": ["Description", "describe"],
        "multiscale.phase_harmonics": ["PhaseHarmonics", "phase_harmonics"],
        "fetal_heart_rate.recordings.loading": ["Recordings", "load_ctg"],
        "fetal_heart_rate.recordings.windows": ["Windows", "windows"],
        "fetal_heart_rate.analysis.features": ["FetalFeatures", "fetal_features"],
        "fetal_heart_rate.simulation.births": ["FetalHeartRates", "fetal_heart_rates"],
        "core.torch_bridge": ["torch_function"],
        "distances.energy": ["energy_distance"],
        "distances.sliced_wasserstein": ["sliced_wasserstein"],
        "distances.wasserstein": ["wasserstein"],
        "distances.maximum_mean_discrepancy": ["mmd"],
        "resampling.bootstrap_intervals": ["Interval", "bootstrap_interval"],
        "resampling.permutation_tests": ["PermutationTest", "permutation_p_value"],
        "retraining.retrain": ["Runs", "retrain"],
        "data.saved_records": ["restore", "save"],
        "core.installation": ["Report", "doctor"],
    },
)
