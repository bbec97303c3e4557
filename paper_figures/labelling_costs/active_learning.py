"""What labels buy when they are chosen, and whether the rules that end a campaign are right.

Simulated classes, one of them rare, and scikit-learn's digits, of which one is rare; a logistic
regression learns from what an expert was paid for. Five ways to choose what is asked: those that
cannot choose without a model begin at random.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import binomtest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

import labelling
from paper_figures.labelling_costs.active_learning_panels import draw_panels
from paper_figures.labelling_costs.stopping_rules import RULES, TOLERANCE, stops
from paper_figures.runner.intervals import interval
from toolbox.retraining.streams import generator

QUICK = {"mode": "quick", "items": 500, "batch": 10, "rounds": 20, "draws": 14, "seed": 0}
QUICK |= {"digits": 600, "digit_draws": 5}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "rounds": 30, "draws": 100, "digits": 1200, "digit_draws": 20},
    "tiny": QUICK | {"mode": "tiny", "items": 200, "rounds": 6, "draws": 2, "digit_draws": 2},
}
CLASSES, DIMENSIONS, SPREAD = 8, 10, 1.4
RARE = 0.02  # share of the last class, or of the last digit in RARE_DIGIT, among the items
RARE_DIGIT = 8
TESTED = 1200  # other items, of even classes
PRICE = 3.0  # of a label
WAYS = ("uncertain-and-far", "uncertain", "badge", "far", "random")
AT_RANDOM = ("uncertain", "badge", "random", "blind")  # what they begin with
SELECTIONS = ("uncertain-and-far", "random", "blind")  # of the campaigns that rules end
GOAL = 0.95  # of the score of a model that knows all labels
LEVEL = 0.05  # wrong stops that are asked for at most


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return scores (ways, draws, T), rare items found, and where rules stop with which error."""
    every, draws = (*WAYS, "blind"), range(settings["digit_draws"])
    parts = [(by, d) for by in every for d in range(settings["draws"])]
    done = {
        (by, d): step(f"{by} {d}", campaign, by, d, settings)
        for by, d in tqdm(parts, desc="asking the expert", disable=None)
    }

    def gathered(name: str, ways: tuple[str, ...]) -> np.ndarray:
        return np.array([[done[by, d][name] for d in range(settings["draws"])] for by in ways])

    real = [
        [step(f"digits {by} {d}", campaign, by, d, settings, "digits") for d in draws]
        for by in tqdm(WAYS, desc="asking about digits", disable=None)
    ]
    return {
        "mode": settings["mode"],
        "items": settings["items"],
        "money": PRICE * settings["batch"] * np.arange(1, settings["rounds"] + 1),
        "score": gathered("score", WAYS),
        "rare": gathered("rare", WAYS),
        "full": gathered("full", WAYS[:1])[0],
        "stops": gathered("stops", SELECTIONS),
        "digits": settings["digits"],
        "digit_score": np.array([[each["score"] for each in way] for way in real]),
        "digit_full": np.array([each["full"] for each in real[0]]),
    }


def classes(
    settings: dict[str, Any], draw: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return features and classes of the pool, of which one is rare, and of what tests."""
    rng = generator(settings["seed"], "active learning", draw)
    centres = SPREAD * rng.standard_normal((CLASSES, DIMENSIONS))
    rare = round(RARE * settings["items"])
    often = rng.integers(CLASSES - 1, size=settings["items"] - rare)
    y = rng.permutation(np.append(often, np.full(rare, CLASSES - 1)))
    tested = np.arange(TESTED) % CLASSES
    x, other = (centres[c] + rng.standard_normal((len(c), DIMENSIONS)) for c in (y, tested))
    return x, y, other, tested


def digits(
    settings: dict[str, Any], draw: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return pixels and classes of a pool of digits, of which one is rare, and of what tests."""
    x, y = load_digits(return_X_y=True)
    order = generator(settings["seed"], "digits", draw).permutation(len(y))
    pool, tested = np.split(order, [2 * len(y) // 3])
    rare, often = pool[y[pool] == RARE_DIGIT], pool[y[pool] != RARE_DIGIT]
    fewer = round(RARE * settings["digits"])
    kept = np.concatenate([rare[:fewer], often[: settings["digits"] - fewer]])
    return x[kept] / 4, y[kept], x[tested] / 4, y[tested]


def campaign(
    by: str, draw: int, settings: dict[str, Any], world: str = "classes"
) -> dict[str, Any]:
    """Ask batch after batch, and learn from all answers each time."""
    x, y, other, tested = {"classes": classes, "digits": digits}[world](settings, draw)
    number, last = int(tested.max()) + 1, RARE_DIGIT if world == "digits" else CLASSES - 1
    expert = labelling.simulated_expert(y, price=PRICE, seed=draw)
    labels, votes, score, rare, predicted, still_open = np.full(len(y), -1), None, [], [], [], []
    for time in range(settings["rounds"]):
        way = "random" if time == 0 and by in AT_RANDOM else by
        options = {"labelled": labels, "batch": settings["batch"], "features": x}
        options["by"] = surest if way == "blind" else way
        items = labelling.acquire(votes, **options, seed=draw).items
        labels[items] = labelling.ask_expert(expert, items, time=time).values
        both = chances(x, labels, np.concatenate([x, other]), number)
        votes = both[: len(x)]
        score.append(balanced(both[len(x) :].argmax(axis=1), tested))
        rare.append(int((labels == last).sum()))
        predicted.append(votes.argmax(axis=1))
        still_open.append(labels < 0)
    done = {
        "score": np.array(score),
        "rare": np.array(rare),
        "full": balanced(chances(x, y, other, number).argmax(axis=1), tested),
    }
    if by in SELECTIONS and world == "classes":
        done["stops"] = stops(np.array(predicted), y, np.array(still_open), draw)
    return done


def chances(x: np.ndarray, labels: np.ndarray, asked: np.ndarray, number: int) -> np.ndarray:
    """Return the probabilities of all classes by a logistic regression on what is labelled."""
    known, found = labels >= 0, np.zeros((len(asked), number))
    seen = np.unique(labels[known])
    if len(seen) == 1:
        found[:, seen] = 1
        return found
    found[:, seen] = (
        LogisticRegression(solver="newton-cg", tol=0.01)
        .fit(x[known], labels[known])
        .predict_proba(asked)
    )
    return found


def balanced(guess: np.ndarray, y: np.ndarray) -> float:
    """Return the mean over classes of the share that is right."""
    return float(np.mean([(guess[y == c] == c).mean() for c in np.unique(y)]))


def surest(features: np.ndarray, labelled: np.ndarray, batch: int) -> np.ndarray:
    """Ask about the items nearest to a labelled one: blind to all that is new."""
    known = features[labelled >= 0]
    apart = ((features[:, None] - known) ** 2).sum(axis=2).min(axis=1)
    return np.argsort(np.where(labelled < 0, apart, np.inf), kind="stable")[:batch]


# ---------------------------------------------------------------------------------- the numbers


def money_to(curves: np.ndarray, goals: np.ndarray, money: np.ndarray) -> np.ndarray:
    """Return the money at which each draw reaches its goal, all there is where it does not."""
    reached = curves >= goals[:, None]
    return np.where(reached.any(axis=1), money[reached.argmax(axis=1)], money[-1])


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the money each way needs, what it saves on random draws, and the wrong stops."""
    goals, money = GOAL * results["full"], results["money"]
    spent = {w: money_to(c, goals, money) for w, c in zip(WAYS, results["score"], strict=True)}
    third = len(money) // 3
    rare = dict(zip(WAYS, results["rare"][:, :, third], strict=True))
    ways = {
        way: {
            "money": interval(spent[way].tolist()),
            "reached": float((results["score"][i] >= goals[:, None]).any(axis=1).mean()),
            "less": interval((spent["random"] - spent[way]).tolist()),
            "rare": float(rare[way].mean()),
            "more rare": interval((rare[way] - rare["random"]).astype(float).tolist()),
        }
        for i, way in enumerate(WAYS)
    }
    goals = GOAL * results["digit_full"]
    digits = {
        way: money_to(curves, goals, money)
        for way, curves in zip(WAYS, results["digit_score"], strict=True)
    }
    return {
        "ways": ways,
        "digits": {way: interval(spent.tolist()) for way, spent in digits.items()},
        "less for digits": interval((digits["random"] - digits[WAYS[0]]).tolist()),
        "rare after": float(money[third]),
        "rules": {rule: _wrong_stops(results["stops"][:, :, :, i]) for i, rule in enumerate(RULES)},
    }


def _wrong_stops(stops: np.ndarray) -> dict[str, Any]:
    """Return by selection, and of all, how many campaigns stop and how many wrongly."""
    return {by: _share(stops[i]) for i, by in enumerate(SELECTIONS)} | {"all": _share(stops)}


def _share(stops: np.ndarray) -> dict[str, float]:
    rounds, left, read = np.moveaxis(stops, -1, 0)
    wrong = np.nan_to_num(left) > TOLERANCE
    counted = binomtest(int(wrong.sum()), wrong.size)
    bounds = counted.proportion_ci(0.95, method="exact")
    return {
        "campaigns": int(wrong.size),
        "stopped": int((rounds >= 0).sum()),
        "wrong": int(wrong.sum()),
        "read": float(read.mean()),
        "share": float(wrong.mean()),
        "low": float(bounds.low),
        "high": float(bounds.high),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    best, rules = found["ways"]["uncertain-and-far"], found["rules"]
    certain, usual = rules["e-value"], rules["kappa"]
    return {
        "uncertain-and-far needs less money than random questions": best["less"]["low"] > 0,
        "and finds more of the rare class": best["more rare"]["low"] > 0,
        "digits too need less money": found["less for digits"]["low"] > 0,
        "stable kappa stops wrongly more often than 5 %": usual["all"]["low"] > LEVEL,
        "a plug-in audit stops wrongly more often than 5 %": rules["plug-in"]["all"]["low"] > LEVEL,
        "the e-value audit does not": certain["all"]["share"] <= LEVEL,
        "the e-value audit ends most campaigns of uncertain-and-far": bool(
            certain["uncertain-and-far"]["stopped"] > certain["uncertain-and-far"]["campaigns"] / 2
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    ways = found["ways"]
    spent, less = ways["uncertain-and-far"]["money"]["value"], ways["uncertain-and-far"]["less"]
    wrong = {
        rule: f"{e['all']['wrong']} of {e['all']['campaigns']}"
        for rule, e in found["rules"].items()
    }
    return (
        f"{GOAL:.0%} of the full score costs {spent:.0f} with uncertain-and-far questions, "
        f"{ways['random']['money']['value']:.0f} with random ones: {less['value']:.0f} less "
        f"[{less['low']:.0f}, {less['high']:.0f}], of digits "
        f"{found['less for digits']['value']:.0f} less.\n"
        f"Stopped wrongly: by stable kappa {wrong['kappa']} campaigns, by a plug-in audit "
        f"{wrong['plug-in']}, by an e-value audit {wrong['e-value']}"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [
        f"{'way':<20}{'money to goal':>15}{'reached':>9}{'less':>6}{'rare found':>12}{'digits':>9}"
    ]
    for way, e in found["ways"].items():
        money, less = e["money"]["value"], e["less"]["value"]
        real = found["digits"][way]["value"]
        lines.append(
            f"{way:<20}{money:15.0f}{e['reached']:9.0%}{less:6.0f}{e['rare']:12.1f}{real:9.0f}"
        )
    lines += [
        "",
        f"{'stopping rule':<20}"
        + "".join(f"{by:>20}" for by in (*SELECTIONS, "all", "answers read")),
    ]
    for rule, each in found["rules"].items():
        cells = [f"{e['wrong']} wrong, {e['stopped']} ended" for e in each.values()]
        cells.append(f"{each['all']['read']:.0f}")
        lines.append(f"{rule:<20}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join([*lines, "", verdict(found)])


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: what money buys, how the rare class is found, and wrong stops."""
    return draw_panels(results, numbers(results), verdict(numbers(results)))
