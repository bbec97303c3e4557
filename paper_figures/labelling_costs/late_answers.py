"""Answers that come late, never, or only as accepted or rejected: what a learner loses by each.

Simulated features of normal classes whose Bayes rule is known; items are shown step by step, and
their labels come when they come.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

import labelling
from paper_figures.runner.drawing import noted_figure
from toolbox.retraining.streams import generator

QUICK = {"mode": "quick", "steps": 60, "batch": 25, "test": 2500, "draws": 8, "seed": 0}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "test": 10000, "draws": 40},
    "tiny": QUICK | {"mode": "tiny", "steps": 8, "batch": 10, "test": 200, "draws": 2},
}
CLASSES, FEATURES, SPREAD = 10, 16, 0.8  # the Bayes rule is right about nine times of ten
DELAYS = (0, 5, 20)  # median steps until an answer
TONES = ("black", "#2171b5", "#d94801")
NEVER = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)  # shares of items whose answer never comes
LATE = 5  # median delay where answers also fail to come
COST = 0.005  # of accuracy at the end, at most, with 30 % never: asked for
BAR = 0.93  # of what labels reach, from accept and reject alone: asked for
EXPLORE = 0.1  # share of the classes proposed evenly, the others as the votes are
GROWN = 1.05  # rewards are read again when so many times as many items have come
LONGER = 2  # times as many steps for accept and reject
EQUAL = 1e-10  # between logits learned in different orders: asked for


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return accuracies through time, by delay, by share never answered, and by rewards."""
    draws = tqdm(range(settings["draws"]), desc="late answers", disable=None)
    parts = [step(f"draw {d}", one_draw, d, settings) for d in draws]
    found = {name: np.array([part[name] for part in parts]) for name in parts[0]}
    return {name: settings[name] for name in ("mode", "steps", "batch", "test")} | found


def one_draw(draw: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what one world, its items and its answers give."""
    rng, shown = generator(settings["seed"], "late answers", draw), settings["steps"]
    size = shown * settings["batch"]
    *items, tested, truth, bayes = normal_classes(LONGER * size, settings["test"], rng)
    x, y = (each[:size] for each in items)
    start, when = labelling.analytic(x), np.repeat(np.arange(shown), settings["batch"])
    delay, lost = rng.random(len(x)), rng.random(len(x))
    curves, last = [], []
    for median in DELAYS:
        books = answered(y, when + waited(delay, median))
        states = through_time(start, x, books, shown + 2 * max(DELAYS) + 1)
        curves.append([accuracy(state, tested, truth) for state in states])
        last.append(labelling.predict(states[-1], tested).logits)
    late = when + waited(delay, LATE)
    never = []
    for share in NEVER:
        come = np.flatnonzero((lost >= share) & (late < shown))
        state = labelling.learn(start, x[come], y[come])
        never.append(accuracy(state, tested, truth))
    return {
        "bayes": bayes,
        "delayed": np.array(curves),
        "order": max(np.abs(logits - last[0]).max() for logits in last),
        "never": np.array(never),
        "rewarded": by_rewards(*items, tested, truth, draw, settings["batch"]),
    }


def normal_classes(n: int, test: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """Return items, their classes, test items, theirs, and how often the Bayes rule is right.

    Points x ~ N(centre, I) of even classes, centres ~ N(0, s^2 I): the nearest centre is the rule.
    """
    centres = SPREAD * rng.standard_normal((CLASSES, FEATURES))
    y, truth = rng.integers(CLASSES, size=n), rng.integers(CLASSES, size=test)
    x, tested = (centres[of] + rng.standard_normal((len(of), FEATURES)) for of in (y, truth))
    nearest = (tested @ centres.T - (centres**2).sum(axis=1) / 2).argmax(axis=1)
    return x, y, tested, truth, float((nearest == truth).mean())


def waited(uniform: np.ndarray, median: int) -> np.ndarray:
    """Return whole steps spread evenly from 0 to twice their median."""
    return np.floor(uniform * (2 * median + 1)).astype(int)


def answered(y: np.ndarray, time: np.ndarray) -> labelling.Stream:
    """Return the answers in the order of their time, by way of a ledger."""
    book = labelling.ledger()
    for t in np.unique(time):
        come = np.flatnonzero(time == t)
        told = {"who": "expert", "time": float(t)}
        book = labelling.tell(book, kind="label", items=come, values=y[come], **told)
    return labelling.stream(book, classes=np.arange(CLASSES))


def through_time(start: Any, x: np.ndarray, answers: labelling.Stream, times: int) -> list[Any]:
    """Return the readout after each step, which knows what was answered until then."""
    state, states, done = start, [], 0
    for t in range(times):
        come = int((answers.time <= t).sum())
        if come > done:
            part = {"first": int(answers.step[done]), "last": int(answers.step[come - 1])}
            state, done = labelling.learn_stream(state, x, answers, **part), come
        states.append(state)
    return states


def votes_of(state: Any, x: np.ndarray) -> np.ndarray:
    """Return probabilities of all classes; even ones while fewer than two were learned."""
    even = np.full((1, len(x), CLASSES), 1 / CLASSES)
    if len(state.classes) < 2:
        return even
    return labelling.predict(state, x, classes=np.arange(CLASSES), fallback=known(state, x)).votes


def known(state: Any, x: np.ndarray) -> np.ndarray:
    """Return votes that prefer any class learned, so that the readout decides wherever it can."""
    learned = np.isin(np.arange(CLASSES), state.classes) * 1.0
    return np.tile(learned / learned.sum(), (1, len(x), 1))


def accuracy(state: Any, x: np.ndarray, y: np.ndarray) -> float:
    """Return the share of items that are given their class; 1 / C before two classes are known."""
    if len(state.classes) < 2:
        return 1 / CLASSES
    return float((votes_of(state, x)[0].argmax(axis=1) == y).mean())


def by_rewards(
    x: np.ndarray,
    y: np.ndarray,
    tested: np.ndarray,
    truth: np.ndarray,
    draw: int,
    size: int,
) -> np.ndarray:
    """Return the accuracies (steps, 3) by all that was said, by acceptances alone, by labels."""
    told, labels = labelling.analytic(x), []
    for begin in range(0, len(x), size):
        part = slice(begin, begin + size)
        told = labelling.learn(told, x[part], y[part])
        labels.append(accuracy(told, tested, truth))
    shown = x, y, tested, truth, draw, size
    return np.column_stack([by_all_said(*shown), by_acceptances(*shown), labels])


def by_all_said(
    x: np.ndarray, y: np.ndarray, tested: np.ndarray, truth: np.ndarray, draw: int, size: int
) -> list[float]:
    """Return the accuracies of a readout of the labels that all rewards make probable."""
    asked, accuracies, start = np.zeros(0, dtype=int), [], labelling.analytic(x)
    votes, begin = np.full((1, size, CLASSES), 1 / CLASSES), 0
    while begin < len(x):
        drawn = labelling.propose(votes, explore=EXPLORE, by="votes", seed=draw, step=begin)
        asked = np.append(asked, drawn.labels)
        seen, until = slice(len(asked)), round_end(len(asked), size, len(x))
        said = labelling.labels_from_rewards(
            x[seen],
            asked,
            rewards=asked == y[seen],
            classes=np.arange(CLASSES),
            at=x[len(asked) : until] if until > len(asked) else None,
        )
        state = labelling.learn(start, x[said.items], said.labels, weights=said.weights)
        accuracies += [accuracy(state, tested, truth)] * ((len(asked) - begin) // size)
        votes, begin = said.votes, len(asked)
    return accuracies


def round_end(seen: int, size: int, last: int) -> int:
    """Return after how many items rewards are read again: a step more, or a share more."""
    return min(last, seen + size * max(1, int((GROWN - 1) * seen / size)))


def by_acceptances(
    x: np.ndarray, y: np.ndarray, tested: np.ndarray, truth: np.ndarray, draw: int, size: int
) -> list[float]:
    """Return the accuracies of a readout that learns what was accepted, weighted."""
    state, found = labelling.analytic(x), []
    for t, begin in enumerate(range(0, len(x), size)):
        part = slice(begin, begin + size)
        explore = max(0.1, min(1.0, 2 / np.sqrt(t + 1)))  # as `propose` says
        asked = labelling.propose(votes_of(state, x[part]), explore=explore, seed=draw, step=t)
        accepted = (asked.labels == y[part]) * 1.0
        given = {"rewards": accepted, "propensity": asked.propensity}
        state = labelling.learn_from_rewards(state, x[part], asked.labels, **given)
        found.append(accuracy(state, tested, truth))
    return found


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return accuracies at the end, what delays and silence cost, and what rewards reach."""
    delayed, never = results["delayed"], results["never"]
    last = results["steps"] - 1
    labels = delayed[:, 0, last]
    cost = labels[:, None] - never
    rewarded = results["rewarded"]
    share, accepted = (rewarded[..., i] / rewarded[..., 2] for i in (0, 1))
    return {
        "bayes": float(results["bayes"].mean()),
        "labels": float(labels.mean()),
        "meanwhile": dict(
            zip(map(str, DELAYS), delayed[:, :, last].mean(axis=0).tolist(), strict=True)
        ),
        "order": float(np.max(results["order"])),
        "never": dict(zip(map(str, NEVER), never.mean(axis=0).tolist(), strict=True)),
        "cost": dict(zip(map(str, NEVER), cost.mean(axis=0).tolist(), strict=True)),
        "cost_error": dict(zip(map(str, NEVER), error(cost).tolist(), strict=True)),
        "items": (last + 1) * results["batch"],
        "share": float(share[:, last].mean()),
        "share_error": float(error(share[:, last])),
        "longer": float(share[:, -1].mean()),
        "longer_error": float(error(share[:, -1])),
        "accepted": float(accepted[:, last].mean()),
        "accepted_error": float(error(accepted[:, last])),
    }


def error(values: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean over draws."""
    return values.std(axis=0, ddof=1) / np.sqrt(len(values))


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    return {
        "once all have come, late answers leave the logits of prompt ones": found["order"] < EQUAL,
        "until then, longer delays cost more": (
            found["meanwhile"]["0"] > found["meanwhile"]["5"] > found["meanwhile"]["20"]
        ),
        "a median delay of 5 steps and 30 % never cost at most .005 at the end": (
            found["cost"]["0.3"] <= COST
        ),
        "accept and reject alone reach .93 of what labels of the same items reach": (
            found["share"] >= BAR
        ),
        "what was rejected teaches beside what was accepted": found["share"] > found["accepted"],
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    cost, spread, items = found["cost"]["0.3"], found["cost_error"]["0.3"], found["items"]
    held = "" if cost <= COST else "not "
    reached = "as asked for" if found["share"] >= BAR else "not as asked for"
    return (
        f"Late answers cost accuracy only until they come: the logits then differ by at most"
        f" {found['order']:.0e}. A median delay of 5 steps with 30 % never\nloses {cost:.4f}"
        f" ± {spread:.4f} ({held}as asked for: at most {COST}). Accept and reject alone reach"
        f" {found['share']:.3f} ± {found['share_error']:.3f} of what labels of the same"
        f"\n{items} items reach ({reached}: {BAR}), {found['longer']:.3f} with"
        f" {LONGER * items}; by acceptances alone it is {found['accepted']:.3f} ±"
        f" {found['accepted_error']:.3f}"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"Bayes rule {found['bayes']:.4f}; every label at once {found['labels']:.4f}"]
    lines += [f"median delay {d:>2}: {a:.4f} at the end" for d, a in found["meanwhile"].items()]
    lines += [
        f"{s:4.0%} never, median delay 5: {found['never'][str(s)]:.4f},"
        f" cost {found['cost'][str(s)]:.4f} +- {found['cost_error'][str(s)]:.4f}"
        for s in NEVER
    ]
    for name, items in (("share", found["items"]), ("longer", LONGER * found["items"])):
        share, spread = found[name], found[f"{name}_error"]
        lines.append(f"accept and reject, {items} items: {share:.4f} +- {spread:.4f} of labels")
    share, spread = found["accepted"], found["accepted_error"]
    lines.append(f"acceptances, {found['items']} items: {share:.4f} +- {spread:.4f} of labels")
    return "\n".join([*lines, "", verdict(found)])


# ---------------------------------------------------------------------------------- the drawing


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: delays, answers that never come, accept and reject."""
    found = numbers(results)
    about = (
        f"{CLASSES} simulated normal classes, {FEATURES} features; {results['steps']} steps of "
        f"{results['batch']} items; {len(results['bayes'])} draws, ± standard errors over them, "
        "bands hold 10 to 90 % of them"
    )
    figure = noted_figure(
        (12, 4.7), verdict(found), f"mode: {results['mode']}; {about}", room=0.04, title_size=10
    )
    panels = figure.subplots(1, 3)
    draw_delays(panels[0], results, found)
    draw_never(panels[1], results, found)
    draw_rewards(panels[2], results)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_delays(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Draw accuracy through time, a line a delay."""
    for i, (median, tone) in enumerate(zip(DELAYS, TONES, strict=True)):
        name = f"median {median} steps late" if median else "at once"
        banded(axes, np.arange(1, results["delayed"].shape[2] + 1), results["delayed"][:, i], tone)
        axes.lines[-1].set_label(name)
    axes.axhline(found["bayes"], color="0.5", ls="--", lw=1, label="Bayes rule")
    axes.axvline(results["steps"], color="0.8", lw=0.8)
    axes.text(results["steps"] + 1, 0.12, "last items shown;\nanswers still come", fontsize=8)
    axes.legend(frameon=False, fontsize=8, loc="center right")
    axes.set_title("a  Late: equal once all have come", fontsize=10, loc="left")
    axes.set(ylim=(0, 1), xlabel="step", ylabel="accuracy on new items")


def draw_never(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Draw the accuracy lost by the share of items never answered."""
    cost = results["delayed"][:, 0, results["steps"] - 1][:, None] - results["never"]
    banded(axes, 100 * np.array(NEVER), cost, TONES[1])
    axes.lines[-1].set(marker="o", ms=4)
    axes.axhline(COST, color="0.5", ls="--", lw=1)
    axes.text(0, 4 * COST, f"asked for at 30 %: at most {COST}", fontsize=8, color="0.35")
    axes.plot(30, found["cost"]["0.3"], "o", ms=9, mfc="none", color=TONES[2])
    axes.set_title("b  Never: lost at the last items, median 5 late", fontsize=10, loc="left")
    axes.set(xlabel="% of items never answered", ylabel="accuracy lost")


def draw_rewards(axes: Axes, results: dict[str, Any]) -> None:
    """Draw the accuracy from rewards as a share of that from labels."""
    names = ("accepted and rejected", "accepted, weighted by 1 / probability")
    for i, name in enumerate(names):
        share = results["rewarded"][..., i] / results["rewarded"][..., 2]
        banded(axes, np.arange(1, share.shape[1] + 1), share, TONES[2 * i])
        axes.lines[-1].set_label(name)
    axes.legend(frameon=False, fontsize=8, loc="center right")
    axes.axvline(results["steps"], color="0.8", lw=0.8)
    axes.text(results["steps"] + 1, 0.05, "as many items\nas in a and b", fontsize=8)
    axes.axhline(BAR, color="0.5", ls="--", lw=1)
    axes.text(1, 1.03, f"asked for: {BAR}, dashed", fontsize=8, color="0.35")
    axes.set_title("c  Accepted or rejected only", fontsize=10, loc="left")
    axes.set(ylim=(0, 1.1), xlabel="step", ylabel="share of the accuracy from labels")


def banded(axes: Axes, x: np.ndarray, values: np.ndarray, tone: str) -> None:
    """Draw the mean over draws, and a band that holds most of them."""
    low, high = np.quantile(values, [0.1, 0.9], axis=0)
    axes.fill_between(x, low, high, color=tone, alpha=0.15, lw=0)
    axes.plot(x, values.mean(axis=0), color=tone, lw=1.5)
