"""Confidence by repeating the training: ensembles, their assessment, scores and calibration."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "ensembles.training": ["Ensemble", "ensemble", "predict_votes"],
        "ensembles.held_out": ["HeldOutVotes", "held_out_votes"],
        "ensembles.series_training": [
            "SeriesEnsemble",
            "classify_series",
            "predict_series_votes",
        ],
        "ensembles.assessment": ["Assessment", "assess"],
        "scoring.proper_scores": ["Brier", "Score", "brier", "nll"],
        "scoring.recalls": ["Recalls", "balanced_accuracy", "class_recall"],
        "scoring.subject_scores": ["SubjectScores", "subject_scores"],
        "calibration.reliability_diagram": ["Reliability", "reliability"],
        "ensembles.variance_components": ["Components", "variance_components"],
        "ensembles.size": ["MembersNeeded", "Stopping", "members_needed", "sequential_stopping"],
        "scoring.selective_risk": ["RiskCoverage", "risk_coverage"],
        "scoring.outlier_detection": ["OodScores", "ood_scores"],
        "clusters.cluster_confidence": [
            "ClusterConfidence",
            "NumberPreferences",
            "cluster_confidence",
        ],
        "clusters.subject_stability": ["ClassAgreement"],
        "clusters.consensus_matrix": ["ConsensusMatrix", "consensus_matrix"],
        "conformal_prediction.calibration": ["Conformal", "conformal"],
        "conformal_prediction.sets": ["ConformalSets", "conformal_sets"],
        "explanations.explain": ["Explanation", "explain"],
        "explanations.scores": ["ExplanationScores", "score_explanation"],
        "explanations.role_sizes": ["RoleSizes", "role_sizes"],
        "calibration.temperature_scaling": ["Temperature", "apply_temperature", "temperature"],
    },
)
