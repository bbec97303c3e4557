"""Pairs that are chosen against pairs at random: answers until the clusters are right.

Six worlds: items are points of normal classes, whose pairs have exact log-odds; classes are even,
uneven, many or few; once the log-odds are three times too steep and too high; and scikit-learn's
digits, whose pairs have scores without a level.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score
from tqdm import tqdm

import labelling
import similarity
from paper_figures.runner.drawing import noted_figure
from toolbox.retraining.streams import generator

QUICK = {"mode": "quick", "items": 80, "batch": 10, "rounds": 24, "draws": 2, "seed": 0}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "items": 120, "rounds": 30, "draws": 10},
    "tiny": QUICK | {"mode": "tiny", "items": 40, "rounds": 10, "draws": 1},
}
WAYS = ("alike", "uncertain", "large", "random", "bandit")
TONES = dict(zip(WAYS, ("#08519c", "#d94801", "#238b45", "0.55", "black"), strict=True))
HELD_OUT = 40  # judged pairs, half of them the same, that only reward the bandit
SHARE = 0.6  # of the random pairs, asked for
BAR = 0.98  # of the best fixed way's area, asked for


class World(NamedTuple):
    """Normal classes: how many, in how many dimensions, how far apart, and what scores do."""

    classes: int
    dimensions: int
    spread: float
    uneven: bool = False
    slope: float = 1.0
    level: float = 0.0


WORLDS = {
    "even": World(8, 4, 1.7),
    "uneven": World(8, 4, 1.7, uneven=True),
    "many": World(20, 6, 1.7),
    "few": World(4, 3, 1.5),
    "no level": World(8, 4, 1.7, slope=3, level=6),
    "digits": None,
}


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the agreement of clusters with the truth after each batch (worlds, ways, draws, T)."""
    parts = [(w, b, d) for w in WORLDS for b in WAYS for d in range(settings["draws"])]
    curves = [
        step(f"{w} {b} {d}", followed, w, b, d, settings)["agreement"]
        for w, b, d in tqdm(parts, desc="judging pairs", disable=None)
    ]
    shape = (len(WORLDS), len(WAYS), settings["draws"], settings["rounds"])
    return {
        "mode": settings["mode"],
        "items": settings["items"],
        "asked": settings["batch"] * np.arange(settings["rounds"]),
        "agreement": np.reshape(curves, shape),
    }


def normal_classes(world: World, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of pairs and the classes of n items.

    Of points x ~ N(centre, I), centres ~ N(0, s^2 I), two of one class differ by N(0, 2 I), two of
    different ones by N(0, 2 (1 + s^2) I): the log-odds are known.
    """
    share = np.arange(1, world.classes + 1.0) if world.uneven else np.ones(world.classes)
    share /= share.sum()
    y = rng.choice(world.classes, n, p=share)
    centres = world.spread * rng.standard_normal((world.classes, world.dimensions))
    x = centres[y] + rng.standard_normal((n, world.dimensions))
    wide, same = 1 + world.spread**2, (share**2).sum()
    apart = ((x[:, None] - x) ** 2).sum(axis=2)
    odds = np.log(same / (1 - same)) + world.dimensions / 2 * np.log(wide)
    return world.slope * (odds - apart / 4 * (1 - 1 / wide)) + world.level, y


def digits(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return scores that fall with the distance of two digits' pixels."""
    x, y = load_digits(return_X_y=True)
    picked = rng.permutation(len(y))[:n]
    x = x[picked] / 16
    apart = np.sqrt(((x[:, None] - x) ** 2).sum(axis=2))
    return 3 * (np.quantile(apart, 0.1) - apart), y[picked]


def followed(name: str, by: str, draw: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the adjusted Rand index after each batch of judged pairs."""
    rng, n = generator(settings["seed"], "pairs chosen", name, draw), settings["items"]
    scores, y = digits(n, rng) if name == "digits" else normal_classes(WORLDS[name], n, rng)
    held, k = _held_out(y, rng), len(np.unique(y))
    book, found, loss, asked = labelling.ledger(), [], 0.0, None
    for time in range(settings["rounds"]):
        settled = labelling.settle_pairs(scores, ledger=book)
        clusters = similarity.cluster(settled.log_odds, k=k, how="agglomerative", seed=0).labels
        found.append(adjusted_rand_score(y, clusters))
        before, loss = loss, labelling.pair_loss(settled.log_odds, held)
        if by == "bandit" and asked is not None:
            book = _rewarded(book, asked, 1 - loss / before, time)
        if settled.open == 0:
            break
        size = min(settings["batch"], settled.open)
        options = {"batch": size, "by": by, "seed": settings["seed"]}
        asked = labelling.choose_pairs(scores, ledger=book, **options)
        pairs = {"items": asked.items, "others": asked.others}
        same = y[asked.items] == y[asked.others]
        book = labelling.tell(book, kind="pair", **pairs, values=same, who="expert", time=time)
    return {"agreement": np.pad(found, (0, settings["rounds"] - len(found)), mode="edge")}


def _rewarded(book: Any, asked: Any, reward: float, time: int) -> Any:
    told = {"who": asked.by, "propensity": asked.propensity, "time": time}
    return labelling.tell(book, kind="reward", items=time, values=max(reward, -1.0), **told)


def _held_out(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    i, j = np.triu_indices(len(y), 1)
    same = y[i] == y[j]
    kinds = [rng.permutation(np.flatnonzero(same == kind))[: HELD_OUT // 2] for kind in (0, 1)]
    picked = np.concatenate(kinds)
    return np.column_stack([i, j, same])[picked]


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return areas, the bandit's share of the best, and the pairs needed, world by world."""
    means = results["agreement"].mean(axis=2)
    found = {}
    for world, curves in zip(WORLDS, means, strict=True):
        area = dict(zip(WAYS, curves.mean(axis=1).tolist(), strict=True))
        best = max((way for way in WAYS if way != "bandit"), key=area.get)
        chosen, at_random = curves[WAYS.index("alike")], curves[WAYS.index("random")]
        goal = at_random.max()  # what random pairs reach at all
        pairs = [float(results["asked"][(c >= goal).argmax()]) for c in (chosen, at_random)]
        found[world] = {
            "area": area,
            "best": best,
            "bandit": area["bandit"] / area[best],
            "goal": float(goal),
            "pairs": pairs if (chosen >= goal).any() else [float("inf"), pairs[1]],
        }
    pairs = np.array([e["pairs"] for e in found.values()])
    return {
        "worlds": found,
        "bandit": float(np.mean([e["bandit"] for e in found.values()])),
        "worst": float(min(e["bandit"] for e in found.values())),
        "share": float(pairs[:, 0].sum() / pairs[:, 1].sum()),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    return {
        "chosen pairs reach what random pairs reach with at most 60 % of the pairs": bool(
            found["share"] <= SHARE
        ),
        "in every world chosen pairs have the larger area": all(
            e["area"]["alike"] > e["area"]["random"] for e in found["worlds"].values()
        ),
        "the bandit has more area than random pairs in every world": all(
            e["area"]["bandit"] > e["area"]["random"] for e in found["worlds"].values()
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    held = "as" if found["bandit"] >= BAR else "short of what is"
    return (
        f"Chosen pairs reach the best clustering of random pairs with {found['share']:.0%} of "
        f"them. A bandit over the ways has {found['bandit']:.3f} of the\nbest way's area on "
        f"average ({held} asked for: {BAR}), {found['worst']:.3f} in the worst of six worlds"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'world':<10}" + "".join(f"{w:>11}" for w in WAYS) + f"{'pairs':>12}"]
    for world, e in found["worlds"].items():
        areas = "".join(f"{e['area'][w]:11.3f}" for w in WAYS)
        lines.append(f"{world:<10}{areas}{e['pairs'][0]:7.0f} of {e['pairs'][1]:.0f}")
    return "\n".join([*lines, "", verdict(found)])


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: a panel a world."""
    found = numbers(results)
    about = (
        f"{results['items']} items, {results['agreement'].shape[2]} draws; simulated, and digits"
    )
    figure = noted_figure((12, 6), verdict(found), f"mode: {results['mode']}; {about}")
    for axes, world, curves in zip(
        figure.subplots(2, 3, sharey=True).flat, WORLDS, results["agreement"], strict=True
    ):
        for way, each in zip(WAYS, curves, strict=True):
            mean = each.mean(axis=0)
            axes.plot(results["asked"], mean, color=TONES[way], label=way, lw=1.5)
        axes.axhline(found["worlds"][world]["goal"], color="0.8", lw=0.8)
        axes.set_title(f"{world}: bandit {found['worlds'][world]['bandit']:.3f}", fontsize=10)
        axes.set(ylim=(0, 1.02), xlabel="pairs judged", ylabel="adjusted Rand index")
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False, fontsize=8)
    return figure
