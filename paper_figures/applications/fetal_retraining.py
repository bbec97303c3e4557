"""The same subject's answer over retrainings: who is called ill depends on the training's seed.

Networks are trained from scratch on other subjects, again and again; each subject's probability is
drawn over the trainings. With `--records FOLDER` the births are the user's own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_figures.applications.births import births, told_by_others
from paper_figures.runner.drawing import noted_figure

QUICK = {
    "mode": "quick",
    "subjects": 276,
    "minutes": 60,
    "members": 50,
    "records": "",
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "subjects": 552, "minutes": 90},
    "tiny": QUICK | {"mode": "tiny", "subjects": 130, "minutes": 10, "members": 4},
}
CALLED = 0.1  # the share of subjects that a training calls ill: those with its highest votes
SURE = 0.9  # of the trainings that must agree
TONES = {"ill": "#c8323c", "others": "#0b4f8a"}


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the votes of every training on every subject, and the outcomes."""
    return {"mode": settings["mode"]} | step("votes", voted, settings)


def voted(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the probability of the outcome (R, S) and the outcome (S,), a subject each."""
    seed = settings["seed"]
    of = births(settings, seed)
    votes, scored = told_by_others(of, settings["members"], seed)
    place = np.unique(of["subjects"], return_inverse=True)[1]
    sizes = np.bincount(place)
    p = np.array([np.bincount(place, row) / sizes for row in votes[..., 1]])
    ill = np.bincount(place, of["y"]) > 0
    return {
        "votes": p,
        "ill": ill,
        "auc": np.array([scored.auc, *scored.auc_interval, *scored.auc_retraining]),
        "aucs": scored.auc_members,
        "source": "records" if settings["records"] else "simulated",
    }


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return how many subjects' answers depend on the training."""
    p = results["votes"]
    called = p >= np.quantile(p, 1 - CALLED, axis=1, keepdims=True)
    share = called.mean(axis=0)
    open_ = (share > 1 - SURE) & (share < SURE)
    return {
        "source": str(results["source"]),
        "trainings": len(p),
        "subjects": p.shape[1],
        "cases": int(results["ill"].sum()),
        "called_by_any": int((share > 0).sum()),
        "called_by_all": int((share == 1).sum()),
        "open": int(open_.sum()),
        "auc": float(results["auc"][0]),
        "over_subjects": results["auc"][1:3].tolist(),
        "over_retrainings": results["auc"][3:].tolist(),
        "one_training": float(results["aucs"].mean()),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    each = round(CALLED * found["subjects"])
    return {
        "more subjects are called ill by some training than by each of them": (
            found["called_by_any"] > 1.2 * each
        ),
        "the mean of the trainings is no worse than one training": (
            found["auc"] >= found["one_training"]
        ),
        "other subjects move the AUC more than other trainings do": bool(
            np.ptp(found["over_subjects"]) > np.ptp(found["over_retrainings"])
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    each = round(CALLED * found["subjects"])
    return (
        f"Each of {found['trainings']} trainings calls {each} of {found['subjects']} subjects ill; "
        f"{found['called_by_all']} are called so by all of them, {found['called_by_any']} by one "
        f"at least,\nand {found['open']} by more than a tenth and fewer than nine tenths: "
        "their answer is the seed's"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    spans = [
        f"{low:.3f} to {high:.3f}"
        for low, high in (found["over_subjects"], found["over_retrainings"])
    ]
    return "\n".join(
        [
            f"AUC of the mean {found['auc']:.3f}, of one training {found['one_training']:.3f}",
            f"over subjects {spans[0]}, over retrainings {spans[1]}",
            "",
            verdict(found),
        ]
    )


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure."""
    found = numbers(results)
    about = f"{results['source']} births, {found['cases']} acidotic"
    figure = noted_figure((12, 4.6), verdict(found), f"mode: {results['mode']}; {about}", room=0.04)
    left, right = figure.subplots(1, 2, width_ratios=[2.6, 1])
    of_subjects(left, results)
    of_aucs(right, results, found)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def of_subjects(axes: Axes, results: dict[str, Any]) -> None:
    """Show each subject's probability over the trainings, in the order of its mean."""
    p, ill = results["votes"], results["ill"]
    order = np.argsort(p.mean(axis=0))
    spread = np.quantile(p[:, order], [0, 0.1, 0.5, 0.9, 1], axis=0)
    for those, tone in ((~ill[order], "others"), (ill[order], "ill")):
        place = np.flatnonzero(those)
        axes.vlines(place, *spread[[0, 4]][:, those], color=TONES[tone], lw=0.6, alpha=0.35)
        axes.vlines(place, *spread[[1, 3]][:, those], color=TONES[tone], lw=1.6, alpha=0.8)
        label = "acidotic" if tone == "ill" else "others"
        axes.plot(place, spread[2, those], "o", ms=2.5, color=TONES[tone], mew=0, label=label)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    axes.set(xlabel="subjects", ylabel="probability over trainings", ylim=(0, None))
    axes.set_title("a   a subject a line: thin all trainings, thick 80 %", loc="left", fontsize=10)


def of_aucs(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Show the AUC of every training, and both intervals."""
    axes.hist(results["aucs"], 12, color=TONES["others"], alpha=0.4)
    top = axes.get_ylim()[1]
    for height, name, span in (
        (1.08, "one more training", found["over_retrainings"]),
        (1.2, "other subjects", found["over_subjects"]),
    ):
        axes.plot(span, [height * top] * 2, color="black", lw=2)
        axes.text(np.mean(span), (height + 0.02) * top, name, ha="center", fontsize=9)
    axes.plot([found["auc"]] * 2, [0, 1.03 * top], color=TONES["ill"], lw=1.4)
    axes.set(xlabel="AUC", ylabel="trainings", ylim=(0, 1.32 * top))
    axes.set_title("b   AUC (red: of the mean)", loc="left", fontsize=10)
