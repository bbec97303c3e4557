"""How many members: whether the number that a pilot asks for reaches the error asked for.

Members are trained on bootstraps of a few labelled digits. Independent blocks of members each have
a pilot of their own, and fresh ensembles of the size that it asks for show the error realised.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from tqdm import tqdm

import confidence
from paper_figures.runner.drawing import noted_figure
from paper_figures.runner.intervals import interval
from toolbox.retraining.streams import generator, integer

QUICK = {
    "mode": "quick",
    "blocks": 8,  # independent repetitions of everything
    "members": 400,  # of a block, its pilot included
    "pilots": [10, 20, 50],
    "error": 0.05,  # asked for
    "labelled": 100,
    "asked": 128,  # digits that the networks are asked about
    "steps": 60,
    "unsettled": 0.25,  # share of open answers that the sequential rule tolerates
    "look": 5,  # members between two looks of it
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "blocks": 20, "members": 1000, "error": 0.03},
    "tiny": QUICK | {"mode": "tiny", "blocks": 5, "members": 150, "error": 0.08},
}
STEP = 1.35  # between the sizes of the first panel
LEAST_NEEDED = 10  # items that need fewer members have more precise answers than asked for


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return every block's errors, realised and predicted, and its stopping time."""
    results: dict[str, Any] = {name: settings[name] for name in ("mode", "error", "members")}
    results |= {name: settings[name] for name in ("blocks", "labelled", "unsettled")}
    results["pilots"] = np.array(settings["pilots"])
    for k in tqdm(range(settings["blocks"]), desc="ensemble sizes", disable=None):
        got = step(f"block{k}", one_block, k, settings)
        results |= {f"{k}/{name}": value for name, value in got.items() if name != "seconds"}
    return results


def one_block(k: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train a block of members; ask pilots, realise their sizes, stop sequentially."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = generator(settings["seed"], "digits").permutation(len(x))
    training, asked = np.split(order, [settings["labelled"]])
    trained = confidence.ensemble(
        x[training],
        y[training],
        dim=0,
        members=settings["members"],
        redraw=("init", "order", "resample"),
        steps=settings["steps"],
        seed=integer(settings["seed"], "block", k),
        progress=False,
    )
    votes = trained.votes(x[asked[: settings["asked"]]])
    found: dict[str, Any] = {}
    for pilot in settings["pilots"]:
        need = confidence.members_needed(votes[:pilot], error=settings["error"])
        for how in ("needed", "upper"):
            variance, groups = realised(votes[pilot:], getattr(need, how), votes[:pilot])
            found |= {f"{pilot}/{how}": getattr(need, how), f"{pilot}/{how}/variance": variance}
            found[f"{pilot}/{how}/groups"] = groups
    largest = settings["pilots"][-1]
    sizes = np.unique((2 * STEP ** np.arange(30)).astype(int))
    sizes = sizes[sizes <= (settings["members"] - largest) // 5]
    by_size = [
        realised(votes[largest:], np.full(votes.shape[1], r), votes[:largest])[0] for r in sizes
    ]
    predicted = votes[:largest].var(axis=0, ddof=1).max(axis=1) / sizes[:, None]
    found |= {"sizes": sizes, "by_size": np.array(by_size), "predicted": predicted}
    return found | stopped(votes, settings)


def realised(
    votes: np.ndarray, sizes: np.ndarray, pilot: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each item, the variance of the mean over disjoint ensembles of its own size.

    It is that of the class which moved most in the pilot; NaN where there are fewer than two
    ensembles of that size. Also the number of those ensembles.
    """
    column = pilot.var(axis=0, ddof=1).argmax(axis=1)
    answers = np.take_along_axis(votes, column[None, :, None], axis=2)[..., 0]
    groups = len(votes) // sizes
    variance = np.full(len(sizes), np.nan)
    for i in np.flatnonzero(groups >= 2):
        used = answers[: groups[i] * sizes[i], i].reshape(groups[i], sizes[i])
        variance[i] = used.mean(axis=1).var(ddof=1)
    return variance, groups


def stopped(votes: np.ndarray, settings: dict[str, Any]) -> dict[str, Any]:
    """Add members until the sequential rule stops; return the looks and the answers then."""
    looks, open_share = [], []
    for members in range(settings["look"], len(votes) + 1, settings["look"]):
        answer = confidence.sequential_stopping(votes[:members], unsettled=settings["unsettled"])
        looks.append(members)
        open_share.append(answer.unsettled_share)
        if answer.stop:
            break
    counts = (votes.argmax(axis=2)[..., None] == np.arange(votes.shape[2])).sum(axis=0)
    return {
        "looks": np.array(looks),
        "open_share": np.array(open_share),
        "stopped": answer.stop,
        "settled": answer.settled,
        "prediction": answer.prediction,
        "counts": counts,
    }


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return realised over asked error by pilot, with intervals over blocks, and the stopping."""
    blocks, error = range(results["blocks"]), results["error"]
    largest = results["pilots"][-1]
    needs = np.array([results[f"{k}/{largest}/needed"] for k in blocks])

    def ratio(k: int, pilot: int, how: str) -> float:
        """Return the root mean square error of a block's items over the one asked for.

        Which items need many members is told by the other blocks: a pilot that chose its own would
        choose those whose spread it overrates.
        """
        others = np.delete(needs, k, axis=0).mean(axis=0)
        variance = results[f"{k}/{pilot}/{how}/variance"]
        used = (others >= LEAST_NEEDED) & np.isfinite(variance)
        return float(np.sqrt(variance[used].mean()) / error)

    pilots = {
        str(pilot): {
            how: interval([ratio(k, pilot, how) for k in blocks]) for how in ("needed", "upper")
        }
        | {"most_needed": max(int(results[f"{k}/{pilot}/needed"].max()) for k in blocks)}
        for pilot in map(int, results["pilots"])
    }
    # The majority among infinitely many members, as far as all blocks together tell.
    majority = sum(results[f"{k}/counts"] for k in blocks).argmax(axis=1)
    settled = np.array([results[f"{k}/settled"] for k in blocks])
    wrong = settled & (np.array([results[f"{k}/prediction"] for k in blocks]) != majority)
    about = {name: results[name] for name in ("error", "members", "blocks", "labelled")}
    return about | {
        "pilots": pilots,
        "members_at_stop": [int(results[f"{k}/looks"][-1]) for k in blocks],
        "stopped": [bool(results[f"{k}/stopped"]) for k in blocks],
        "tolerated": results["unsettled"],
        "settled_items": int(settled.sum()),
        "settled_wrongly": int(wrong.sum()),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    pilot, last = list(found["pilots"].items())[-1]
    return {
        f"sizes asked for by pilots of {pilot} reach the error asked for, "
        "within the 95 % interval over blocks": bool(last["needed"]["low"] <= 1),
        "their upper limits reach it": bool(last["upper"]["high"] <= 1),
        "at most 5 % of the answers that the sequential rule took for settled are not": bool(
            found["settled_wrongly"] <= 0.05 * found["settled_items"]
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words whether the predicted sizes are right, and when the rule stops."""
    *small, (largest, last) = [
        (pilot, entry["needed"]["value"]) for pilot, entry in found["pilots"].items()
    ]
    held = "reach" if next(iter(claims(found).values())) else "MISS"
    others = " and ".join(f"{value:.2f} times it after a pilot of {p}" for p, value in small)
    times = sorted(found["members_at_stop"])
    stops = f"stops after {times[0]} to {times[-1]} members"
    if not all(found["stopped"]):
        stops = f"stopped in {sum(found['stopped'])} of {found['blocks']} blocks"
    return (
        f"Ensembles of the size that a pilot of {largest} asks for {held} the error asked for "
        f"(realised: {last:.2f} times it; {others}).\nThe sequential rule {stops} where "
        f"{100 * found['tolerated']:.0f} % of the answers may stay open; of "
        f"{found['settled_items']} that it took for settled, {found['settled_wrongly']} were not"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'pilot':>6}{'most needed':>13}   {'realised / asked error':28}by the upper limit"]
    for pilot, entry in found["pilots"].items():
        cells = [
            f"{entry[h]['value']:.3f} [{entry[h]['low']:.3f}, {entry[h]['high']:.3f}]"
            for h in ("needed", "upper")
        ]
        lines.append(f"{pilot:>6}{entry['most_needed']:>13}   {cells[0]:28}{cells[1]}")
    lines.append(f"stopped at members: {found['members_at_stop']}")
    return "\n".join([*lines, "", verdict(found)])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: error against size, realised against asked, the sequential rule."""
    found = numbers(results)
    about = f"{found['blocks']} blocks of {found['members']} networks, {found['labelled']} labels"
    figure = noted_figure(
        (14, 4.6), verdict(found), f"mode: {results['mode']}; {about}", title_size=11.5, low=0.002
    )
    panels = figure.subplots(1, 3)
    sizes(panels[0], results)
    panels[0].set_title("a   error of the mean against members", loc="left", fontsize=10)
    reached(panels[1], found)
    panels[1].set_title("b   realised over asked error (1 is as asked)", loc="left", fontsize=10)
    stopping(panels[2], results)
    panels[2].set_title("c   the sequential rule, block by block", loc="left", fontsize=10)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def sizes(axes: Axes, results: dict[str, Any]) -> None:
    """Show realised and predicted error against R for the easiest, middle and hardest items."""
    blocks = range(results["blocks"])
    x = results["0/sizes"]
    got = np.sqrt(np.mean([results[f"{k}/by_size"] for k in blocks], axis=0))
    said = np.sqrt(np.array([results[f"{k}/predicted"] for k in blocks]))
    order = np.argsort(got.mean(axis=0))
    shown = {"hardest digit": -1, "median digit": len(order) // 2, "easy digit": len(order) // 5}
    for (name, place), colour in zip(shown.items(), ("#d94801", "#08519c", "#238b45"), strict=True):
        i = order[place]
        axes.fill_between(
            x, said[:, :, i].min(axis=0), said[:, :, i].max(axis=0), color=colour, alpha=0.18, lw=0
        )
        axes.plot(x, got[:, i], "o", color=colour, ms=4, label=f"{name}, realised")
    axes.axhline(results["error"], color="black", lw=0.9, ls=":")
    axes.set(xscale="log", yscale="log", xlabel="members R", ylabel="standard error")
    for axis, ticks in (
        (axes.xaxis, (2, 5, 10, 20, 50, 100)),
        (axes.yaxis, (0.02, 0.05, 0.1, 0.2)),
    ):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_locator(NullLocator())
    axes.set_xlim(x[0] / 1.1, x[-1] * 1.1)
    axes.legend(
        fontsize=8,
        frameon=False,
        title="shade: s/√R from each block's pilot",
        title_fontsize=8,
        loc="lower left",
    )


def reached(axes: Axes, found: dict[str, Any]) -> None:
    """Show realised over asked error after each pilot, at the size needed and its upper limit."""
    looks = (("needed", "members needed", "#08519c", -0.12), ("upper", "upper limit", "0.45", 0.12))
    for x, entry in enumerate(found["pilots"].values()):
        for how, label, colour, shift in looks:
            value = entry[how]
            axes.plot(
                np.full(len(value["draws"]), x + shift),
                value["draws"],
                ".",
                color=colour,
                alpha=0.35,
            )
            bar = [[value["value"] - value["low"]], [value["high"] - value["value"]]]
            axes.errorbar(
                x + shift,
                value["value"],
                bar,
                fmt="D",
                color=colour,
                capsize=4,
                ms=5,
                label=label if x == 0 else None,
            )
    axes.axhline(1, color="black", lw=0.9)
    axes.set_xticks(range(len(found["pilots"])), [f"pilot of {p}" for p in found["pilots"]])
    axes.set_xlim(-0.5, len(found["pilots"]) - 0.5)
    axes.legend(fontsize=8.5, frameon=False)


def stopping(axes: Axes, results: dict[str, Any]) -> None:
    """Show the share of open answers as members are added, and where each block stopped."""
    for k in range(results["blocks"]):
        looks, share = results[f"{k}/looks"], 100 * results[f"{k}/open_share"]
        axes.plot(looks, share, color="#08519c", lw=0.9, alpha=0.5)
        if results[f"{k}/stopped"]:
            axes.plot(looks[-1], share[-1], "o", color="#d94801", ms=5)
    axes.axhline(100 * results["unsettled"], color="black", lw=0.9, ls=":")
    axes.set_ylim(0, 103)
    axes.set(xlabel="members so far", ylabel="% of the digits whose majority is still open")
