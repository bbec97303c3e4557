"""Figures and benchmarks use public names only, so that a reader can redo them; else a reason.

The list only shrinks: what a figure needs becomes public, or moves into the figure.
"""

import ast
import importlib
from pathlib import Path

import pytest

from toolbox.core.packages import PUBLIC, SHIPPED

ROOT = Path(__file__).parents[2]
STUDIES = ("paper_figures", "benchmarks")
TOLD_TO_USERS = {"toolbox.retraining.streams"}  # docs/reproducibility.md, docs/extending

FAMILIES = "similarity.families.registry"
NETWORKS = "toolbox.networks.classifier_training"
PAIRS = ("similarity.pairs.known_pairs", "similarity.pairs.statistics")
FITS = tuple(f"similarity.verification.{name}" for name in ("family_fits", "pair_evidence"))
POOLING = "similarity.verification.pooling"

# File -> what it takes from below the public tables, and why.
REASONS = {
    "paper_figures/applications/births.py": (
        {"grainwise.reports.fetal.outcome"},
        "tells the outcome by what the report tells it by",
    ),
    "paper_figures/retrained_networks/variance_shares.py": (
        {NETWORKS},
        "the ensembles' own network in a crossed design, its input scaled as a whole",
    ),
    "paper_figures/runner/written_files.py": (
        {"toolbox.core.atomic_files"},
        "files appear whole or not at all, as the toolbox's own do",
    ),
    "paper_figures/task_limits/capacity_frontier.py": (
        {"similarity.network_capacity.memorisation"},
        "its networks are trained exactly as those whose capacity is measured",
    ),
    "paper_figures/texture_similarity/scaling_to_7000.py": (
        {"similarity.benchmark_sets"},
        "each of 700 groups has a law of its own, made of those of the twins",
    ),
    "paper_figures/texture_synthesis/gan_training_numbers.py": (
        {"synthesis.gan.index_relations"},
        "the relations that a report gives, taken within several architectures",
    ),
    # Benchmarks take a call apart, to time its parts or to hold them against something else.
    "benchmarks/all_pairs.py": (
        {FAMILIES, *PAIRS, *FITS, POOLING},
        "describes in one process and weighs in another, so that each has its own peak of memory",
    ),
    "benchmarks/attribution_peers.py": (
        {"confidence.explanations.models"},
        "peers are given the same members, one by one, as functions of torch",
    ),
    "benchmarks/clusterability.py": (
        {"similarity.clusterability.mixture_limits", "similarity.clusterability.pairs_and_graphs"},
        "curves of hundreds of points, which verdicts give one by one, in minutes",
    ),
    "benchmarks/confidence.py": ({NETWORKS}, "as the figure variance_shares"),
    "benchmarks/evidence_levels.py": (
        {FAMILIES, *PAIRS, *FITS, POOLING}
        | {"similarity.pairs.logistic_lines", "similarity.verification.records"},
        "describes a set once, and weighs it under every level and other rules",
    ),
    "benchmarks/expert_page.py": (
        {f"labelling.expert_page.{name}" for name in ("pictures", "questions", "serving")},
        "serves the page that the command line opens, to time it in a browser",
    ),
    "benchmarks/first_call.py": (
        {f"toolbox.kernels.{name}" for name in ("leaders", "log_leaders", "texture_statistics")},
        "gives to JAX what NumPy computes, to time one against the other",
    ),
    "benchmarks/gpu.py": (
        {f"toolbox.kernels.{name}" for name in ("leaders", "log_leaders", "texture_statistics")},
        "times the programs alone, without the way of the data to the device",
    ),
    "benchmarks/labelling_audits.py": (
        {f"labelling.stop_audit.{name}" for name in ("importance_bets", "plans", "uniform_bets")},
        "hundreds of audits at once, where `audit` takes one",
    ),
    "benchmarks/emoji_groups.py": (
        {"labelling.continual.analytic_readout"},
        "trains another head on the readout's own lifted features",
    ),
    "benchmarks/multiscale.py": (
        {f"toolbox.kernels.{name}" for name in ("leaders", "log_leaders", "wavelet")},
        "times the stages of a kernel against other ways to compute them",
    ),
    "benchmarks/patch_distances.py": (
        {"similarity.families.patch_transport"},
        "times the distances without the weighing of pairs",
    ),
    "benchmarks/labelling_prices.py": (
        {"labelling.answers_ledger.partial_answers", "labelling.experts.known_answers"},
        "tests the campaign's own model on items that the campaign does not have",
    ),
    "benchmarks/retraining.py": ({NETWORKS}, "times the engines on the ensembles' own network"),
    "benchmarks/segmentation_labels.py": (
        {"toolbox.networks.segmentation.pixel_networks", "toolbox.torch_features.pixel_channels"},
        "times the network alone, and its channels alone, against a whole step of training",
    ),
    "benchmarks/shape.py": ({"toolbox.core.packages"}, "looks through the files of all packages"),
}


def below_the_tables(path):
    """Return the modules of ours from which a file takes a name that no public table holds."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names if "." in alias.name}
            found |= {name for name in names if name.partition(".")[0] in SHIPPED}
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        if node.module.partition(".")[0] not in SHIPPED or node.module in TOLD_TO_USERS:
            continue
        table = importlib.import_module(node.module).__all__ if node.module in PUBLIC else ()
        if any(alias.name not in table for alias in node.names):
            found.add(node.module)
    return found


def test_what_is_not_public_has_a_reason():
    files = {
        str(path.relative_to(ROOT)): below_the_tables(path)
        for study in STUDIES
        for path in (ROOT / study).rglob("*.py")
    }
    found = {name: modules for name, modules in files.items() if modules}
    assert found == {name: modules for name, (modules, _) in REASONS.items()}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from toolbox import describe\nimport similarity", set()),
        ("from toolbox.retraining.streams import generator", set()),
        ("def f():\n    from toolbox.multiscale.gaps import x", {"toolbox.multiscale.gaps"}),
        ("import toolbox.kernels.wavelet as w", {"toolbox.kernels.wavelet"}),
        ("from toolbox import core", {"toolbox"}),
    ],
)
def test_what_lies_below_is_found(tmp_path, text, found):
    (tmp_path / "study.py").write_text(text)
    assert below_the_tables(tmp_path / "study.py") == found
