"""What a model of images and texts forgets, task after task: in full, by LoRA, by sums of products.

Two towers are trained on captioned scenes; then tasks come one after the other, each an attribute
in another style. The exact readout of the same towers stands beside. Below each way is the same way
trained jointly, on all tasks at once and as many steps as they took together.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

import labelling
import similarity
from paper_figures.runner.drawing import noted_figure
from toolbox.retraining.streams import integer

QUICK = {
    "mode": "quick",
    "scenes": 400,
    "shown": 300,
    "tested": 800,
    "pretraining": 200,
    "steps": 80,
    "draws": 2,
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "tested": 1000, "draws": 5},
    "tiny": QUICK
    | {"mode": "tiny", "scenes": 40, "shown": 40, "tested": 40, "pretraining": 3, "steps": 2},
}
SIZE, WIDTH = 24, 8  # pixels of a scene, channels of the first layer
STYLES = ("light", "dark", "noisy", "faint")
TASKS = (("shape", "dark"), ("texture", "noisy"), ("count", "faint"), ("relation", "light"))
WAYS = ("all weights", "LoRA, distilled", "exact readout")
LITTLE, MUCH = 0.02, 0.15  # forgotten by what keeps, and by what does not: asked for
EQUAL = 1e-10  # between logits learned task by task and at once: asked for


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return accuracies (draws, tasks, tasks) of each way, and of answers without labels."""
    draws = tqdm(range(settings["draws"]), desc="forgetting", disable=None)
    parts = [step(f"draw {d}", one_draw, d, settings) for d in draws]
    found = {name: np.array([part[name] for part in parts]) for name in parts[0]}
    return {name: settings[name] for name in ("mode", "shown", "tested", "steps")} | found


def one_draw(draw: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what one pair of towers knows, learns and forgets."""
    seed = integer(settings["seed"], "forgetting", str(draw))
    before = [scenes(settings["scenes"], style, seed) for style in STYLES]
    images = np.concatenate([each.images for each in before])
    captions = [text for each in before for text in each.captions]
    short = {"steps": settings["pretraining"], "width": WIDTH, "progress": False}
    towers = similarity.image_text(images, captions, seed=seed, **short)
    tasks = [
        (list(similarity.captioned_scenes(1, seed=0).names[name]), style, column(name))
        for name, style in TASKS
    ]
    shown, tested = (
        [scenes(settings[part], style, seed + 1 + i) for _, style, _ in tasks]
        for i, part in enumerate(("shown", "tested"))
    )
    known = [zero_shot(towers, each, task) for each, task in zip(tested, tasks, strict=True)]
    texts = [word for words, _, _ in tasks for word in words]
    world = towers, tasks, shown, tested
    given = {"steps": settings["steps"], "seed": seed}
    kept = {"how": "lora", "keep": "distil", "reference": (images[:: len(STYLES)], texts)}
    exact, exact_joint, apart = by_readout(*world)
    ways = {"how": "full"}, kept
    at_once = given | {"steps": len(tasks) * settings["steps"]}
    return {
        "zero_shot": np.array(known),
        "accuracies": np.stack([*(by_adapting(*world, **way, **given) for way in ways), exact]),
        "joint": np.stack([*(jointly(*world, **way, **at_once) for way in ways), exact_joint]),
        "apart": apart,
    }


def scenes(n: int, style: str, seed: int) -> similarity.CaptionedScenes:
    """Return scenes in a style."""
    return similarity.captioned_scenes(n, size=SIZE, style=style, held_out=0.0, seed=seed)


def column(attribute: str) -> int:
    """Return which column of a scene's attributes it is."""
    return list(similarity.captioned_scenes(1, seed=0).names).index(attribute)


def zero_shot(towers: similarity.ImageText, tested: Any, task: tuple[Any, ...]) -> float:
    """Return the accuracy without a label."""
    votes = similarity.zero_shot(towers, tested.images, task[0]).votes
    return share_right(votes, tested, task)


def share_right(votes: np.ndarray, tested: Any, task: tuple[Any, ...]) -> float:
    """Return the share of scenes whose most probable word is true."""
    return float((votes.mean(axis=0).argmax(axis=1) == tested.attributes[:, task[2]]).mean())


def by_adapting(
    towers: similarity.ImageText,
    tasks: list[Any],
    shown: list[Any],
    tested: list[Any],
    **options: Any,
) -> np.ndarray:
    """Return the accuracy on task j after task i, (tasks, tasks), the towers being adapted."""
    state, rows = towers, []
    for new, task in zip(shown, tasks, strict=True):
        y = new.attributes[:, task[2]]
        state = labelling.adapt(state, new.images, y, candidates=task[0], **options)
        rows.append(of_each(state, tested, tasks))
    return np.array(rows)


def jointly(
    towers: similarity.ImageText,
    tasks: list[Any],
    shown: list[Any],
    tested: list[Any],
    **options: Any,
) -> np.ndarray:
    """Return the accuracy on each task of towers adapted to all of them at once, (tasks,)."""
    words = [word for task in tasks for word in task[0]]
    y = [
        np.array([words.index(word) for word in task[0]])[each.attributes[:, task[2]]]
        for each, task in zip(shown, tasks, strict=True)
    ]
    images = np.concatenate([each.images for each in shown])
    state = labelling.adapt(towers, images, np.concatenate(y), candidates=words, **options)
    return np.array(of_each(state, tested, tasks))


def of_each(state: labelling.Adapted, tested: list[Any], tasks: list[Any]) -> list[float]:
    """Return the accuracy on each task."""
    return [
        share_right(labelling.adapted_votes(state, each.images, task[0]), each, task)
        for each, task in zip(tested, tasks, strict=True)
    ]


def by_readout(
    towers: similarity.ImageText, tasks: list[Any], shown: list[Any], tested: list[Any]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return both of an exact readout, and how far it ends from one of all tasks at once."""
    h = [similarity.embed_images(towers, each.images) for each in shown]
    new = [similarity.embed_images(towers, each.images) for each in tested]
    y = [
        np.array(task[0])[each.attributes[:, task[2]]]
        for each, task in zip(shown, tasks, strict=True)
    ]
    state, rows = labelling.analytic(h[0], ridge=0.1), []

    def told(state: labelling.Analytic) -> list[float]:
        return [
            share_right(readout_votes(state, towers, each, x, task), each, task)
            for each, x, task in zip(tested, new, tasks, strict=True)
        ]

    for features, labels in zip(h, y, strict=True):
        state = labelling.learn(state, features, labels)
        rows.append(told(state))
    joint = labelling.analytic(h[0], ridge=0.1)
    joint = labelling.learn(joint, np.concatenate(h), np.concatenate(y))
    ended = [labelling.predict(each, np.concatenate(new)).logits for each in (state, joint)]
    return np.array(rows), np.array(told(joint)), float(np.abs(ended[0] - ended[1]).max())


def readout_votes(
    state: labelling.Analytic,
    towers: similarity.ImageText,
    tested: Any,
    x: np.ndarray,
    task: tuple[Any, ...],
) -> np.ndarray:
    """Return the readout's votes, the towers' own where the task was not learned."""
    other = similarity.zero_shot(towers, tested.images, task[0]).votes
    return labelling.predict(state, x, classes=task[0], fallback=other).votes


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the scores of each way, and what was asked for."""
    before = results["zero_shot"]
    found = {"apart": float(results["apart"].max()), "zero_shot": float(before.mean())}
    learned = {}
    for i, way in enumerate(WAYS):
        table = results["accuracies"][:, i]
        scores = labelling.continual_scores(table, zero_shot=before)
        fresh = [table[:, j, j].mean() for j in range(len(TASKS))]
        found[way] = {
            name: float(getattr(scores, name))
            for name in ("average", "last", "transfer", "forgetting")
        } | {"learned": float(np.mean(fresh)), "joint": float(results["joint"][:, i].mean())}
        learned[way] = table
    unseen = np.triu(np.ones((len(TASKS), len(TASKS)), dtype=bool), 1)
    tables = learned["exact readout"]
    held = np.broadcast_to(before[:, None], tables.shape)
    found["unseen"] = float(np.abs((tables - held)[:, unseen]).max())
    return found


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    return {
        "all weights trained on forget at least 15 points": (
            found["all weights"]["forgetting"] >= MUCH
        ),
        "LoRA with distillation forgets at most 2 points": (
            found["LoRA, distilled"]["forgetting"] <= LITTLE
        ),
        "LoRA with distillation learns more than was known": (
            found["LoRA, distilled"]["last"] > found["zero_shot"]
        ),
        "all weights end below the same trained on all tasks at once": (
            found["all weights"]["last"] < found["all weights"]["joint"]
        ),
        "the exact readout ends as if all tasks had come at once": found["apart"] <= EQUAL,
        "on tasks it never learned it is as right as without labels": found["unseen"] == 0,
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    full, kept, exact = (found[way] for way in WAYS)
    said = "as asked for" if kept["forgetting"] <= LITTLE else "not as asked for"
    return (
        f"Trained on in full, two towers forget {100 * full['forgetting']:.1f} points of what each"
        f" task had taught; by LoRA with distillation {100 * kept['forgetting']:.1f} ({said}: at"
        f" most {100 * LITTLE:.0f}), knowing {kept['last']:.3f} in the end\n(without labels"
        f" {found['zero_shot']:.3f}, in full {full['last']:.3f}, in full on all tasks at once"
        f" {full['joint']:.3f}). The exact readout knows {exact['last']:.3f},"
        f" {found['apart']:.0e} from one\nthat learned all tasks at once, and what it never learned"
        " it answers as before"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    names = list(found[WAYS[0]])
    lines = [f"{'':16}" + "".join(f"{name:>12}" for name in names)]
    for way in WAYS:
        lines.append(f"{way:16}" + "".join(f"{found[way][name]:12.4f}" for name in names))
    return "\n".join([*lines, f"without labels {found['zero_shot']:.4f}", "", verdict(found)])


# ---------------------------------------------------------------------------------- the drawing


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: accuracy on each task after each, a panel a way."""
    found = numbers(results)
    about = (
        f"captioned scenes; {results['shown']} labels a task, {results['steps']} steps;"
        f" mean of {len(results['apart'])} draws of towers and tasks, {results['tested']} tests"
    )
    figure = noted_figure(
        (12, 4.4), verdict(found), f"mode: {results['mode']}; {about}", room=0.04, title_size=10
    )
    for i, (axes, way) in enumerate(zip(figure.subplots(1, len(WAYS)), WAYS, strict=True)):
        draw_way(axes, results, i, f"{'abc'[i]}  {way}: forgets {found[way]['forgetting']:.3f}")
    return figure


def draw_way(axes: Axes, results: dict[str, Any], way: int, title: str) -> None:
    """Draw the accuracies of a way as a heat map, below those without labels, above all at once."""
    mean = results["accuracies"][:, way].mean(axis=0)
    before, joint = results["zero_shot"], results["joint"][:, way]
    rows = np.concatenate([before.mean(axis=0)[None], mean, joint.mean(axis=0)[None]])
    axes.imshow(rows, vmin=0, vmax=1, cmap="Blues", aspect="auto")
    for (i, j), value in np.ndenumerate(rows):
        tone = "white" if value > 0.6 else "black"
        axes.text(j, i, f"{value:.2f}", ha="center", va="center", color=tone, fontsize=9)
    names = [name for name, _ in TASKS]
    axes.set_xticks(range(len(names)), [f"{name}\n({style})" for name, style in TASKS], fontsize=8)
    axes.axhline(len(mean) + 0.5, color="white", lw=4)
    learned = [f"after {name}" for name in names]
    axes.set_yticks(range(len(rows)), ["before", *learned, "all at once"], fontsize=8)
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_xlabel("task tested")
