"""A valid call of every public function of the package confidence."""

import numpy as np

import confidence
from tests.calls.arguments import (
    SEED,
    TWELVE,
    Argument,
    array,
    choice,
    count,
    given,
    labels,
    made,
    noise,
    number,
    probabilities,
)
from tests.calls.valid_values import (
    a_conformal,
    a_series_ensemble,
    a_temperature,
    an_ensemble,
    an_explanation,
    folder,
)


def confidence_calls():
    """Return the arguments of every public function."""
    votes, p = probabilities(4, 12, 3), probabilities(12, 3)
    quiet = {"progress": given(False)}
    return {
        confidence.conformal: {
            "votes": array(probabilities(40, 3)),
            "labels": labels(np.arange(40) % 3),
            "alpha": given(0.2),
            "score": choice("raps"),
            "groups": given("class"),
            "units": labels(np.arange(40)),
            "penalty": given((0.1, 2.0)),
            "seed": SEED,
        },
        confidence.cluster_confidence: {
            "x": array(noise(20, 2)),
            "ks": given((1, 2)),
            "null": choice("band"),
            "seed": SEED,
            "resamples": count(10),
            "method": choice("ward"),
            "known": labels(np.repeat([0, 1], 10)),
            "units": labels(np.arange(20)),
            "level": number(0.9),
        },
        confidence.subject_scores: {
            "votes": array(probabilities(4, 12, 2)),
            "labels": labels(np.arange(12) // 2 % 2),
            "units": labels(np.arange(12) // 2),
            "specificities": array(np.array([0.5, 0.9])),
            "threshold": number(0.2),
            "level": number(0.9),
            "resamples": count(99),
            "seed": SEED,
        },
        confidence.held_out_votes: {
            "x": array(noise(12, 3)),
            "y": labels(TWELVE),
            "dim": Argument("count", 0),
            "members": count(2),
            "seed": SEED,
            "units": labels(np.arange(12)),
            "folds": given(2),
            "steps": count(2),
            "store": Argument("path", folder()),
            **quiet,
        },
        confidence.consensus_matrix: {"labels": array(np.tile(TWELVE, (3, 1)).astype(float))},
        confidence.members_needed: {
            "votes": array(probabilities(4, 6, 3)),
            "error": number(0.05),
            "level": number(0.9),
        },
        confidence.sequential_stopping: {
            "votes": array(probabilities(4, 6, 3)),
            "unsettled": number(0.1),
            "level": number(0.9),
        },
        confidence.variance_components: {
            "votes": array(probabilities(6, 5, 3)),
            "design": array(np.indices((2, 3)).reshape(2, -1).T.astype(float)),
            "names": given(("init", "order")),
            "level": number(0.9),
        },
        confidence.ood_scores: {
            "ordinary": array(noise(9)),
            "outliers": array(noise(8, name="others")),
            "units_ordinary": labels(np.arange(9)),
            "units_outliers": labels(np.arange(9, 17)),
            "level": number(0.9),
        },
        confidence.risk_coverage: {
            "votes": array(probabilities(12, 3)),
            "labels": labels(TWELVE),
            "units": labels(np.arange(12)),
            "level": number(0.9),
        },
        confidence.conformal_sets: {
            "conformal": made(a_conformal),
            "votes": array(probabilities(5, 3)),
        },
        confidence.apply_temperature: {
            "temperature": made(a_temperature),
            "votes": array(votes),
        },
        confidence.assess: {
            "votes": array(votes),
            "labels": labels(TWELVE),
            "units": labels(np.arange(12)),
        },
        confidence.balanced_accuracy: scored(p),
        confidence.brier: {**scored(p), "bins": count(5)},
        confidence.class_recall: scored(p),
        confidence.ensemble: {
            "x": array(noise(12, 3)),
            "y": labels(TWELVE),
            "dim": Argument("count", 0),
            "members": count(2),
            "seed": SEED,
            "units": labels(np.arange(12)),
            "network": choice("multilayer_perceptron"),
            "redraw": choice("init"),
            "weights": array(np.ones(12)),
            "steps": count(2),
            "store": Argument("path", folder()),
            **quiet,
        },
        confidence.classify_series: {
            "series": array(noise(12, 4, 3)),
            "labels": labels(TWELVE),
            "members": count(2),
            "seed": SEED,
            "clear": given([[1] * 4] * 12),
            "dates": given((10, 20, 30, 40)),
            "units": labels(np.arange(12)),
            "network": choice("linear"),
            "redraw": choice("init"),
            "steps": count(2),
            **quiet,
        },
        confidence.predict_series_votes: {
            "ensemble": made(a_series_ensemble),
            "series": array(noise(5, 4, 3)),
            "clear": given([[1] * 4] * 5),
            "units": labels([0, 0, 1, 1, 2]),
        },
        confidence.explain: {
            "ensemble": made(a_series_ensemble),
            "series": array(noise(5, 4, 3)),
            "method": choice("sampled shapley"),
            "of": given(1),
            "groups": choice("bands"),
            "baseline": choice("mean"),
            "steps": count(2),
            "orders": count(2),
            "seed": SEED,
        },
        confidence.score_explanation: {
            "explanation": made(an_explanation),
            "truth": array(noise(4, 3)),
            "k": count(2),
        },
        confidence.role_sizes: {
            "explanation": made(an_explanation),
            "labels": labels(np.arange(12) % 2),
            "units": labels(np.arange(12)),
            "level": number(0.9),
        },
        confidence.nll: scored(p),
        confidence.predict_votes: {"ensemble": made(an_ensemble), "x_new": array(noise(5, 3))},
        confidence.reliability: {
            **{k: v for k, v in scored(p).items() if k != "level"},
            "bins": count(5),
            "seed": SEED,
            "resamples": count(99),
        },
        confidence.temperature: {
            "votes": array(votes),
            "labels": labels(TWELVE),
            "how": choice("pool-then-temperature"),
            "units": labels(np.arange(12)),
        },
    }


def scored(p):
    return {
        "probabilities": array(p),
        "labels": labels(TWELVE),
        "units": labels(np.arange(12)),
        "level": number(0.9),
    }
