"""The figures: of each, the folder that holds its script, and what it shows."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One figure."""

    folder: str
    shows: str


FIGURES = {
    "rare_class": Entry(
        "texture_synthesis",
        "rare-class oversampling by synthesis, gated, with its confidence",
    ),
    "synthesis_gallery": Entry(
        "texture_synthesis",
        "synthesisers on three photographs, how far each child is from real crops",
    ),
    "signal_asymmetry": Entry(
        "multiscale",
        "what of a signal's asymmetry in time synthesis and surrogates keep",
    ),
    "multiscale_accuracy": Entry(
        "multiscale",
        "bias, spread and coverage of log-cumulants, ours and a peer's",
    ),
    "cubic_toy": Entry(
        "retrained_networks",
        "networks retrained on the cubic of Lakshminarayanan et al. (2017)",
    ),
    "pool_then_calibrate": Entry(
        "retrained_networks",
        "in which order to pool an ensemble and to calibrate it",
    ),
    "variance_shares": Entry(
        "retrained_networks",
        "what moves a retrained network's answer, and its standard error",
    ),
    "ensemble_sizes": Entry(
        "retrained_networks",
        "whether the members that a pilot asks for reach the error asked for",
    ),
    "index_null_and_power": Entry(
        "texture_synthesis",
        "the quality index: level under the null, power beside other distances",
    ),
    "conformal_coverage": Entry(
        "retrained_networks",
        "realised coverage of conformal sets, by our rank and by peers'",
    ),
    "gan_training": Entry(
        "texture_synthesis",
        "GANs from scratch on multifractal fields: how good, how reproducible",
    ),
    "single_gaussian": Entry(
        "retrained_networks",
        "consensus clustering cuts a single Gaussian; a null of one cluster says so",
    ),
    "twins_table": Entry(
        "texture_similarity",
        "what each family of evidence sees on the twins, beside an oracle",
    ),
    "same_probability_calibration": Entry(
        "texture_similarity",
        "whether P(same) is what it says, on pairs nobody judged",
    ),
    "paper_challenge": Entry(
        "texture_similarity",
        "the photographic-paper protocol on its synthetic twin",
    ),
    "scaling_to_7000": Entry(
        "texture_similarity",
        "all pairs of pooled evidence: seconds, memory and retrieval as sets grow",
    ),
    "clustering_thresholds": Entry(
        "task_limits",
        "when clusters can be found, and what labels are worth, predicted",
    ),
    "capacity_frontier": Entry(
        "task_limits",
        "separation of a task x size of a network: what is learned, predicted",
    ),
    "active_learning": Entry(
        "labelling_costs",
        "what chosen labels buy for money, and which rules stop a campaign too early",
    ),
    "pairs_chosen": Entry(
        "labelling_costs",
        "pairs chosen against random ones: answers until the clusters are right",
    ),
    "points_or_consistency": Entry(
        "labelling_costs",
        "an expert's seconds on masks, weak labels or points; consistency, guarded",
    ),
    "late_answers": Entry(
        "labelling_costs",
        "what a learner loses by answers that are late, never, or only yes or no",
    ),
    "forgetting": Entry(
        "labelling_costs",
        "what images and texts forget, task after task: in full, by LoRA, by exact sums",
    ),
    "fetal_evaluation": Entry(
        "applications",
        "what an AUC of few cases is worth, and how noise is found by a leak",
    ),
    "fetal_retraining": Entry(
        "applications",
        "the same subject's answer over retrainings from scratch",
    ),
    "papers_expert": Entry(
        "applications",
        "pairs of papers an expert is asked about, and what audits certify",
    ),
    "explanation_spread": Entry(
        "satellite_explanations",
        "how far explanations of satellite series move when the training is repeated",
    ),
    "land_cover": Entry(
        "satellite_explanations",
        "networks for seasons under clouds against the Bayes rule, and what they look at",
    ),
}
OWN_IMAGES = ("rare_class", "paper_challenge", "papers_expert")  # made from a user's images, too
OWN_RECORDS = ("fetal_evaluation", "fetal_retraining")  # from a user's recordings, too


def script_module(name: str) -> str:
    """Return the module of a figure's script."""
    return f"paper_figures.{FIGURES[name].folder}.{name}"
