"""Draw the pictures of the five-minute pages: ``python -m docs.page_pictures [PAGE ...]``."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure

import confidence
import labelling
import similarity
import synthesis
import toolbox
from docs.page_outputs import DOCS, namespace
from docs.pictures import KEPT, shrink
from grainwise.reports.fetal import pictures as fetal_pictures
from grainwise.reports.papers import pictures as papers_pictures
from toolbox.core.streams import generator

BLUE, ORANGE, GREY = "#08519c", "#d94801", "0.6"


def main(names: list[str]) -> None:
    """Draw the pages' pictures, all by default, and keep them small."""
    for name in names or PAGES:
        made = Path(KEPT) / f"page_{name}.png"
        PAGES[name]().savefig(made, dpi=150)
        shrink(made, made.with_suffix(".webp"))
        made.unlink()


def toolbox_page() -> Figure:
    """Show two signals of one spectrum, and the second log-cumulants of many such."""
    options = {"hurst": 0.7, "n": 20, "seed": 0}
    laws = {
        "a Brownian motion, $c_2 = 0$": (toolbox.fractional_field(2**13, **options), BLUE),
        "a multifractal walk, $c_2 = -.05$": (
            toolbox.multifractal_field(2**13, intermittency=0.05, **options),
            ORANGE,
        ),
    }
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=[1.5, 1])
    right = figure.add_subplot(grid[:, 1])
    for row, (name, (law, colour)) in enumerate(laws.items()):
        axes = figure.add_subplot(grid[row, 0])
        axes.plot(np.diff(law.values[0]), color=colour, lw=0.5)
        axes.set_title(f"increments of {name}", loc="left", fontsize=9)
        axes.set_axis_off()
        found = toolbox.multifractal(law.values, dim=1)
        second = found.log_cumulants[..., 1]
        mean, error = second.mean(axis=0), second.std(axis=0, ddof=1) / np.sqrt(len(second))
        scales = np.arange(1, len(mean) + 1)
        right.errorbar(scales, mean, 2 * error, fmt="o-", ms=4, color=colour, label=name)
    right.set(xlabel="scale j", ylabel="variance of the log-leaders")
    right.set_title("mean of 20 signals, bars: ± 2 standard errors", loc="left", fontsize=9)
    right.legend(fontsize=8, frameon=False)
    right.spines[["top", "right"]].set_visible(False)
    return figure


def synthesis_page() -> Figure:
    """Show real crops, children and random phases, with the index of each set."""
    gravel = toolbox.textures().values[2]
    rare = toolbox.crops(gravel[:256], size=64, n=12, seed=0).values
    held_out = toolbox.crops(gravel[256:], size=64).values
    rows = {
        "real crops": rare,
        "wavelet_synthesis": synthesis.wavelet_synthesis(rare, dim=2, n=12, seed=0).samples,
        "phase_randomised": synthesis.phase_randomised(rare, dim=2, n=12, seed=0).samples,
    }
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    panels = figure.subplots(3, 7)
    for line, (name, items) in zip(panels, rows.items(), strict=True):
        index = synthesis.quality(items, held_out, dim=2, seed=0).index
        for axes, item in zip(line, items, strict=False):
            axes.imshow(item, cmap="gray", vmin=gravel.min(), vmax=gravel.max())
            axes.set_xticks([])
            axes.set_yticks([])
        line[0].set_title(f"{name}: index {index:.1f}", loc="left", fontsize=10)
    return figure


def similarity_page() -> Figure:
    """Show the evidence for every pair of crops of two photographs."""
    brick, _, gravel = toolbox.textures().values
    parts = [toolbox.crops(x, size=64, n=20, seed=0).values for x in (brick, gravel)]
    same = np.equal.outer(np.arange(40) < 20, np.arange(40) < 20)
    i, j = np.triu_indices(40, 1)
    judged = np.column_stack([i, j, same[i, j]])[::8]
    found = similarity.evidence(np.concatenate(parts), dim=2, pairs=judged, seed=0).matrix
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.3])
    bound = float(np.nanquantile(np.abs(found), 0.98))
    image = left.imshow(found, cmap="RdBu_r", vmin=-bound, vmax=bound)
    left.set_xticks([10, 30], ["brick", "gravel"])
    left.set_yticks([10, 30], ["brick", "gravel"])
    figure.colorbar(image, ax=left, label="log-odds that a pair is the same")
    upper = np.triu(np.ones((40, 40), bool), 1)
    bins = np.linspace(np.nanmin(found), np.nanmax(found), 40)
    right.hist(found[upper & same], bins, color=ORANGE, alpha=0.7, label="one photograph")
    right.hist(found[upper & ~same], bins, color=BLUE, alpha=0.7, label="two photographs")
    right.axvline(0, color="black", lw=0.8, ls=":")
    right.set(xlabel="log-odds that a pair is the same", ylabel="pairs")
    right.legend(frameon=False)
    right.spines[["top", "right"]].set_visible(False)
    return figure


def confidence_page() -> Figure:
    """Show the test items' probabilities with standard errors, and the reliability diagram."""
    fields = [
        toolbox.fractional_field((32, 32), hurst=h, n=80, seed=s).values
        for h, s in ((0.4, 1), (0.5, 2))
    ]
    x = toolbox.describe(np.concatenate(fields), dim=2).values
    y = np.repeat([0, 1], 80)
    options = {"dim": 0, "members": 10, "seed": 3, "redraw": ("init", "resample")}
    votes = confidence.ensemble(x[::2], y[::2], **options, progress=False).votes(x[1::2])
    told = confidence.assess(votes, y[1::2], redrawn=options["redraw"])
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.4, 1])
    order = np.argsort(told.mean[:, 1])
    right_ones = (told.prediction == y[1::2])[order]
    for shown, colour, name in ((right_ones, BLUE, "right"), (~right_ones, ORANGE, "wrong")):
        where = np.flatnonzero(shown)
        values, errors = told.mean[order, 1][where], told.standard_error[order, 1][where]
        left.errorbar(where, values, 2 * errors, fmt="o", ms=3, color=colour, label=name)
    left.axhline(0.5, color="black", lw=0.8, ls=":")
    left.set(xlabel="test items, sorted", ylabel="P(H = .5) ± 2 standard errors", ylim=(-0.1, 1.1))
    left.legend(frameon=False)
    found = confidence.reliability(told.mean, y[1::2], bins=5, seed=0)
    filled = found.bin_count > 0
    right.plot([0.5, 1], [0.5, 1], color=GREY, lw=1, label="perfectly calibrated")
    right.plot(found.bin_confidence[filled], found.bin_accuracy[filled], "o-", color=BLUE)
    right.set(xlabel="probability of the predicted class", ylabel="share that is right")
    title = f"error {found.ece:.3f}, {found.null:.3f} expected by chance"
    right.set_title(title, loc="left", fontsize=9)
    right.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def labelling_page() -> Figure:
    """Show e-values of audits with few and with too many errors, and what an audit costs."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    rng = generator(0, "labelling page")
    for wrong, colour, name in ((16, BLUE, "1 % wrong"), (81, ORANGE, "5.06 % wrong")):
        truth = np.repeat([0, 1], [1600 - wrong, wrong])
        for repetition in range(8):
            plan = labelling.audit_plan(np.zeros(1600), tolerance=0.05, seed=repetition)
            read = rng.permutation(truth)[plan.order[:300]]
            values = labelling.audit(plan, read).e_value
            label = name if repetition == 0 else None
            left.semilogy(np.arange(1, 301), values, color=colour, lw=0.9, label=label)
    left.axhline(20, color="black", ls=":", lw=0.8)
    left.set(xlabel="answers read", ylabel="e-value (20 certifies)", ylim=(1e-3, 1e4))
    left.legend(frameon=False)
    shares = np.linspace(0, 0.04, 21)
    costs = [labelling.audits_needed(n=1600, tolerance=0.05, error=share) for share in shares]
    right.plot(
        100 * shares, [cost.median for cost in costs], color=BLUE, label="half of the audits"
    )
    right.plot(100 * shares, [cost.upper for cost in costs], color=GREY, label="nine of ten")
    right.set(xlabel="wrong predictions, %", ylabel="answers until certified", ylim=(0, None))
    right.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def fetal_page() -> Figure:
    """Show the traces of two births as the report does."""
    births = toolbox.fetal_heart_rates(n=26, minutes=60, loss=0.12, seed=3)
    rates = np.full(len(births.heart_rate), births.rate)
    shown = np.argsort(births.severity)[[-1, 0]].tolist()
    titles = [f"severity {births.severity[i]:+.1f}" for i in shown]
    recordings = SimpleNamespace(
        heart_rate=births.heart_rate, contractions=births.contractions, rate=rates
    )
    return fetal_pictures.traces(recordings, toolbox.fetal_features(births), shown, titles)


def papers_page() -> Figure:
    """Show simulated papers, each with the three that are most like it."""
    made = similarity.twins("papers", n=5, size=128, classes=9, seed=2)
    scores = similarity.pool(similarity.every_evidence(made.values, dim=2, seed=0)).scores
    names = [
        f"{level}, maker {maker + 1}" for level, maker in zip(made.levels, made.labels, strict=True)
    ]
    shown = np.array([0, 16, 31])
    return papers_pictures.nearest(made.values, names, scores, shown)


def tutorial_page() -> Figure:
    """Return the figure that the tutorial's own code draws."""
    return namespace((DOCS / "tutorial.md").read_text())["figure"]


PAGES = {
    "toolbox": toolbox_page,
    "synthesis": synthesis_page,
    "similarity": similarity_page,
    "confidence": confidence_page,
    "labelling": labelling_page,
    "fetal": fetal_page,
    "papers": papers_page,
    "tutorial": tutorial_page,
}

if __name__ == "__main__":
    main(sys.argv[1:])
