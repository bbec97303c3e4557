"""Confidence by repeating the training: ensembles, their assessment, scores and calibration."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "ensembles": ["Ensemble", "ensemble", "predict_votes"],
        "assessment": ["Assessment", "assess"],
        "scores": ["Brier", "Score", "brier", "nll"],
        "recalls": ["Recalls", "balanced_accuracy", "class_recall"],
        "reliability_diagram": ["Reliability", "reliability"],
        "variance_decomposition": ["Components", "variance_components"],
        "ensemble_size": ["MembersNeeded", "Stopping", "members_needed", "sequential_stopping"],
        "selective_risk": ["RiskCoverage", "risk_coverage"],
        "outlier_detection": ["OodScores", "ood_scores"],
        "cluster_stability": ["ClusterConfidence", "cluster_confidence"],
        "consensus_matrices": ["ConsensusMatrix", "consensus_matrix"],
        "conformal_prediction": ["Conformal", "conformal"],
        "prediction_sets": ["ConformalSets", "conformal_sets"],
        "temperature_scaling": ["Temperature", "apply_temperature", "temperature"],
    },
)
