"""Functions of more than eight parameters: each is named with a reason, and the list only shrinks.

What a test or a figure has never set differently is a constant of its file, not a parameter.
"""

import ast
from pathlib import Path

from toolbox.core.packages import SHIPPED

ROOT = Path(__file__).parents[2]
MOST = 8

# "file:function" -> (parameters, why none of them goes).
REASONS = {
    # What a user calls: the names of the design, and what a study decides.
    "confidence/clusters/cluster_confidence.py:cluster_confidence": (
        10,
        "six of the design; the clustering, known classes, the units, the level of the intervals",
    ),
    "confidence/conformal_prediction/calibration.py:conformal": (
        10,
        "eight of the design; the columns' names, and the penalty that defines RAPS",
    ),
    "confidence/ensembles/held_out.py:held_out_votes": (
        10,
        "eight of ensemble; the subjects, and in how many folds they are dealt",
    ),
    "confidence/ensembles/series_training.py:classify_series": (
        15,
        "those of ensemble without mirror images; clear dates, dates and parcels of a series",
    ),
    "confidence/explanations/explain.py:explain": (
        10,
        "seven of the design; which class, and how finely two of the methods are computed",
    ),
    "confidence/ensembles/training.py:ensemble": (
        15,
        "nine of the design; the units, how long and with which mirror images, verify, device, ...",
    ),
    "labelling/continual/adaptation.py:adapt": (
        10,
        "nine of the design: how it is learned and what is kept; by how many members",
    ),
    "labelling/expert_page/serving.py:page": (
        11,
        "what is shown, what is asked and kept; where it is served, in which words, how blind",
    ),
    "labelling/segmentation/segmenters.py:segment": (
        16,
        "ten of the design; network, pretraining, right turns, how long, what is redrawn, a bar",
    ),
    "synthesis/simulated_scenes/scenes.py:scenes": (
        9,
        "six of the design; which half of the textures, scenes of one parent, the cut-outs' folder",
    ),
    "labelling/acquisition/acquiring.py:acquire": (
        9,
        "the design's eight, and how often the expert is wrong, which decides the question",
    ),
    "labelling/experts/campaign_steps.py:campaign_next": (
        9,
        "what is labelled to what end, how items are chosen, what answers cost, how often they err",
    ),
    "labelling/experts/campaigns.py:campaign": (
        9,
        "what is labelled and to what end, how items are chosen, the money, and the expert's error",
    ),
    "labelling/answers_ledger/telling.py:tell": (
        12,
        "the columns of the table: what, of what, by whom, when, at which price and weight",
    ),
    "similarity/metric_learning/siamese_networks.py:siamese": (
        12,
        "six of the design; units, the judge's error rate, how long and how wide, device, progress",
    ),
    "synthesis/gan/member.py:gan_member": (
        9,
        "what a study of GANs varies: the two networks' size and the training's four constants",
    ),
    "synthesis/rare_classes/oversampling.py:oversample": (
        10,
        "seven of the design; what the gate (classes, units) and the quality (held-out reals) need",
    ),
    "synthesis/synthesisers/wavelet_covariances.py:wavelet_synthesis": (
        9,
        "the synthesisers' common signature, and the device",
    ),
    "synthesis/synthesisers/network_grams.py:network_synthesis": (
        9,
        "the synthesisers' common signature, and the user's file of weights",
    ),
    "toolbox/multifractals/components/cross_cumulants.py:cross_multifractal": (
        10,
        "those of multifractal, so that one call can be compared with the other",
    ),
    "toolbox/multifractals/multifractal_analysis.py:multifractal": (
        12,
        "ten of the design; gaps, device",
    ),
    "toolbox/processes/satellite_series/phenology.py:phenology": (
        12,
        "ten of the design; how far the timing and the noise make the task hard",
    ),
    "toolbox/retraining/retrain.py:retrain": (
        11,
        "seven of the design; where the members run, whether kept ones are verified, progress",
    ),
    # The command line: one parameter a word of the command.
    "grainwise/verbs/analyse.py:analyse": (13, "a reader's five words, and those of the analysis"),
    "grainwise/verbs/compare.py:compare": (11, "a reader's five words, and what sets the level"),
    "grainwise/verbs/label.py:label": (17, "the page's words: what is asked, of whom, kept where"),
    "grainwise/label_questions.py:asked": (11, "those of them that choose the questions"),
    "grainwise/verbs/figures.py:figures": (12, "the words that python -m paper_figures takes"),
    "grainwise/verbs/report.py:papers": (10, "what is compared, what is judged, what is audited"),
    "grainwise/verbs/quality.py:quality": (10, "a reader's five words, two sets and their test"),
    "grainwise/verbs/synthesise.py:synthesise": (10, "a reader's five words, and the children's"),
    # Inside: one program that is compiled or optimised as a whole.
    "toolbox/networks/two_towers/contrastive_training.py:train": (
        10,
        "the towers, images and texts, and the constants of the training",
    ),
    "synthesis/gan/member.py:adversarial_training": (
        12,
        "what gan_member binds, and what retrain gives: each is part of a stored member's key",
    ),
    "synthesis/matching/statistics.py:match_statistics": (
        10,
        "the task, three synthesisers' statistics with their targets, and the optimiser's plan",
    ),
    "toolbox/kernels/cross_leaders.py:cross_moments": (
        10,
        "five arrays and the five constants that one compiled program is made for",
    ),
    "toolbox/kernels/cpu/engine.py:log_leader_sums": (
        13,
        "the same as those of the definition that JAX compiles",
    ),
    "toolbox/kernels/cpu/items.py:sums_of_items": (
        20,
        "machine code takes arrays, not records, and is given those that it fills",
    ),
    "toolbox/kernels/log_leaders.py:log_leader_sums": (
        13,
        "six arrays and the seven constants that one compiled program is made for",
    ),
    "toolbox/networks/siamese_training.py:train": (
        10,
        "four arrays that change from run to run, and the plan of one training",
    ),
}


def counted():
    """Return how many parameters every function of more than eight has."""
    found = {}
    for package in SHIPPED:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    a = node.args
                    number = len([*a.posonlyargs, *a.args, *a.kwonlyargs])
                    if number > MOST:
                        found[f"{path.relative_to(ROOT)}:{node.name}"] = number
    return found


def test_more_than_eight_parameters_have_a_reason():
    assert counted() == {name: number for name, (number, _) in REASONS.items()}


def test_every_reason_says_something():
    assert all(len(reason.split()) > 3 for _, reason in REASONS.values())
