"""A valid call of every public function of the package labelling."""

import numpy as np

import labelling
from tests.calls.arguments import (
    SEED,
    TWELVE,
    Argument,
    array,
    choice,
    count,
    given,
    labels,
    noise,
    number,
    probabilities,
    whole,
)
from tests.calls.valid_values import (
    MASKS,
    PIXEL_VOTES,
    a_ledger,
    a_pixel_conformal,
    a_plan,
    a_readout,
    a_segmenter,
    a_stream,
    an_expert,
    folder,
    some_points,
    some_scribbles,
)


class FirstOpen:
    """A query strategy that asks about the first items without a label."""

    def query(self, X, y, candidates, batch_size):
        return candidates[:batch_size]


FIRST_OPEN = FirstOpen()
LOG_ODDS = noise(12, 12) + noise(12, 12).T


def labelling_calls():
    """Return the arguments of every public function."""
    return {
        labelling.acquire: {
            "votes": array(probabilities(3, 12, 3)),
            "labelled": labels(np.where(np.arange(12) < 5, TWELVE, -1)),
            "batch": count(2),
            "features": array(noise(12, 4)),
            "by": choice("badge"),
            "cost": array(np.linspace(1, 2, 12)),
            "error": number(0.1),
            "seed": SEED,
        },
        labelling.class_posteriors: {
            "ledger": given(a_ledger()),
            "prior": array(probabilities(12, 3)),
            "classes": labels([0, 1, 2]),
            "error": number(0.1),
        },
        labelling.acquisition_from: {"query_strategy": given(FIRST_OPEN)},
        labelling.answers: {
            "ledger": given(a_ledger()),
            "n": count(8),
            "classes": labels([0, 1, 2]),
            "combine": choice("majority"),
            "at": number(5.0),
        },
        labelling.ask_expert: {
            "expert": given(an_expert()),
            "items": labels([3, 4]),
            "time": number(1.0),
            "question": given(["yes/no", "label"]),
            "proposed": labels([1, -1]),
            "others": labels([-1, -1]),
        },
        labelling.campaign: {
            "features": array(noise(12, 2)),
            "expert": given(an_expert()),
            "tolerance": number(0.2),
            "budget": number(8.0),
            "batch": count(4),
            "by": choice("random"),
            "error": number(0.1),
            "seed": SEED,
        },
        labelling.campaign_next: {
            "features": array(noise(12, 2)),
            "ledger": given(a_ledger()),
            "classes": labels([0, 1, 2]),
            "tolerance": number(0.2),
            "batch": count(4),
            "by": choice("random"),
            "cost": given({"label": 3.0, "yes_no": 1.0, "pair": 1.0}),
            "error": number(0.1),
            "seed": SEED,
        },
        labelling.simulated_expert: {
            "labels": labels(TWELVE),
            "confusion": number(0.1),
            "price": number(2.0),
            "delay": number(1.0),
            "abstain": number(0.1),
            "drift": number(0.01),
            "seed": SEED,
        },
        labelling.cluster_audit_plan: {
            "labels": labels(TWELVE),
            "tolerance": number(0.3),
            "closeness": array(LOG_ODDS),
            "cluster": given(1),
            "level": number(0.9),
            "seed": SEED,
        },
        labelling.audit: {
            "plan": given(a_plan()),
            "wrong": array(np.zeros(9)),
            "items": labels(a_plan().order[:9]),
        },
        labelling.audit_plan: {
            "predicted": labels(np.arange(40) % 3),
            "tolerance": number(0.2),
            "risk": array(np.linspace(1, 2, 40)),
            "level": number(0.9),
            "share": number(0.4),
            "attempt": count(2),
            "seed": SEED,
        },
        labelling.audits_needed: {
            "n": count(60),
            "tolerance": number(0.1),
            "error": number(0.02),
            "level": number(0.9),
        },
        labelling.choose_pairs: {
            "evidence": array(LOG_ODDS),
            "ledger": given(a_ledger()),
            "batch": count(3),
            "by": choice("bandit"),
            "error": number(0.1),
            "seed": SEED,
        },
        labelling.settle_pairs: {
            "evidence": array(LOG_ODDS),
            "ledger": given(a_ledger()),
            "error": number(0.1),
        },
        labelling.pair_loss: {
            "log_odds": array(LOG_ODDS),
            "pairs": array(np.array([[0.0, 1, 1], [1, 2, 0]])),
        },
        labelling.compare_descriptors: {
            "descriptors": given({"first": noise(12, 2), "second": noise(12, 3)}),
            "labels": labels(TWELVE),
            "by": choice("random"),
            "batch": count(2),
            "budget": count(6),
            "repeats": count(2),
            "units": labels(np.arange(12)),
            "seed": SEED,
        },
        labelling.disagreements: {
            "supervised": array(MASKS),
            "other": array(MASKS[:, ::-1] // 2),
            "n": given(6),
            "protect": given(np.array([2])),
            "seed": SEED,
        },
        labelling.guarded: {
            "supervised": array(MASKS),
            "other": array(MASKS[:, ::-1] // 2),
            "points": given(some_points()),
            "answers": labels(some_points().second),
            "level": number(0.9),
            "tried": given("self-training"),
        },
        labelling.equivariance_error: {
            "segmenter": given(a_segmenter()),
            "images": array(noise(2, 32, 32)),
            "group": choice("d2"),
        },
        labelling.segment: {
            "images": array(noise(2, 32, 32)),
            "masks": array(MASKS),
            "weak": given(some_scribbles()),
            "unlabelled": given(noise(1, 32, 32)),
            "classes": given(3),
            "members": count(2),
            "network": choice("linear"),
            "consistency": choice("equivariance"),
            "group": choice("d4"),
            "exact_group": choice("d2"),
            "steps": count(2),
            "redraw": given(("init", "order", "augment", "resample")),
            "seed": SEED,
            "progress": given(False),
        },
        labelling.segment_votes: {
            "segmenter": given(a_segmenter()),
            "images": array(noise(2, 32, 32)),
        },
        labelling.segmentation_scores: {
            "predicted": array(MASKS[:, ::-1].copy()),
            "masks": array(MASKS),
            "classes": given(3),
            "units": labels([0, 1]),
            "training_units": given(np.array([5])),
            "border": number(1.5),
            "level": number(0.9),
        },
        labelling.uncertainty_maps: {"votes": array(PIXEL_VOTES)},
        labelling.conformal_pixels: {
            "votes": array(PIXEL_VOTES),
            "masks": array(np.arange(96).reshape(6, 4, 4) % 3),
            "alpha": number(0.2),
            "level": number(0.8),
            "units": labels(np.arange(6)),
        },
        labelling.pixel_sets: {
            "conformal": given(a_pixel_conformal()),
            "votes": array(PIXEL_VOTES),
        },
        labelling.point_pictures: {
            "images": array(noise(2, 32, 32)),
            "points": given(some_points()),
            "size": given(16),
        },
        labelling.point_answers: {
            "ledger": given(a_ledger()),
            "points": given(some_points()),
            "classes": given([0, 1, 2]),
        },
        labelling.weaken: {
            "masks": array(MASKS),
            "kind": choice("coarse"),
            "amount": given(4),
            "classes": given(4),
            "items": labels([1, 3]),
            "seed": SEED,
        },
        labelling.export_ledger: {
            "ledger": given(a_ledger()),
            "path": Argument("path", folder() / "ledger.csv"),
        },
        labelling.ledger: {"path": Argument("path", folder() / "ledger.db")},
        labelling.analytic: {
            "features": array(noise(12, 4)),
            "lift": whole(5),
            "ridge": number(0.5),
            "seed": SEED,
        },
        labelling.learn: {
            "analytic": given(a_readout()),
            "features": array(noise(12, 4)),
            "labels": labels(TWELVE),
            "weights": array(np.linspace(1, 2, 12)),
        },
        labelling.forget: {
            "analytic": given(a_readout()),
            "features": array(noise(12, 4)),
            "labels": labels(TWELVE),
            "weights": array(np.ones(12)),
        },
        labelling.predict: {
            "analytic": given(a_readout()),
            "features": array(noise(12, 4)),
            "classes": labels([2, 1, 7]),
            "fallback": array(probabilities(2, 12, 3)),
        },
        labelling.stream: {
            "ledger": given(a_ledger()),
            "classes": labels([0, 1, 2]),
            "batch": count(2),
            "weigh": choice("weight"),
        },
        labelling.learn_stream: {
            "analytic": given(a_readout()),
            "features": array(noise(12, 4)),
            "stream": given(a_stream()),
            "first": whole(1),
            "last": whole(2),
        },
        labelling.propose: {
            "votes": array(probabilities(2, 12, 3)),
            "explore": number(0.2),
            "step": whole(4),
            "seed": SEED,
        },
        labelling.learn_from_rewards: {
            "analytic": given(a_readout()),
            "features": array(noise(12, 4)),
            "proposed": labels(TWELVE),
            "rewards": array(np.linspace(0, 1, 12)),
            "propensity": array(np.linspace(0.1, 1, 12)),
        },
        labelling.continual_scores: {
            "accuracies": array(probabilities(2, 3, 3)),
            "zero_shot": array(probabilities(2, 3)),
            "level": number(0.9),
        },
        labelling.rare_left: {
            "unlabelled": count(50),
            "audited": whole(20),
            "found": whole(1),
            "level": number(0.9),
        },
        labelling.tell: {
            "ledger": given(a_ledger()),
            "kind": choice("label"),
            "items": labels([3, 4]),
            "values": labels([1, 2]),
            "who": given("Ada"),
            "time": number(9.0),
            "cost": array(np.array([1.5, 2])),
            "weights": array(np.ones(2)),
            "propensity": array(np.array([0.5, 0.25])),
        },
    }
