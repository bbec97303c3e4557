"""Scenes with captions that say what is on them: texture, shape, count and relation, all known."""

from itertools import product
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.core.streams import generator

COUNTS = ("one", "two", "three")
SHAPES = ("circle", "square", "triangle", "cross")
RELATIONS = ("above", "below", "left of", "right of")
TEXTURES = ("plain", "striped", "checked", "grainy")
ATTRIBUTES = {"count": COUNTS, "shape": SHAPES, "relation": RELATIONS, "texture": TEXTURES}
COMPOSITIONS = np.array(list(product(*(range(len(names)) for names in ATTRIBUTES.values()))))
STYLES = ("light", "dark", "faint", "noisy")  # how a scene is shown; a shift of domain
QUESTIONS = {
    "count": "how many objects are there",
    "shape": "what shape are the objects",
    "relation": "where are the objects from the dot",
    "texture": "what is the ground like",
}
SMALLEST = 24  # pixels, below which three objects do not fit beside each other
GROUND, OBJECT = 0.25, 0.9  # mean grey of the ground, and grey of objects


@record
class CaptionedScenes:
    """Images, what they show, and how they were split.

    Attributes
    ----------
    images : ndarray (n, size, size), float32
        Grey, about 0 to 1.
    captions : tuple of str (n,)
        "two circles above a dot on striped ground".
    attributes : ndarray (n, 4)
        Of count, shape, relation, texture: which of `names`.
    names : dict
        The words of each attribute, in the order of the columns.
    composition : ndarray (n,)
        Which of the 192 combinations of attributes it is.
    held_out : ndarray (n,)
        True for the compositions that are kept for testing.
    """

    images: np.ndarray
    captions: tuple[str, ...]
    attributes: np.ndarray
    names: dict[str, tuple[str, ...]]
    composition: np.ndarray
    held_out: np.ndarray


@record
class SceneQuestions:
    """A question about each scene, and its answer.

    Attributes
    ----------
    questions : tuple of str (n,)
    answers : tuple of str (n,)
    about : ndarray (n,)
        Which attribute it asks for.
    """

    questions: tuple[str, ...]
    answers: tuple[str, ...]
    about: np.ndarray


def captioned_scenes(
    n: int,
    *,
    size: int = 32,
    style: str = "light",
    held_out: float = 0.2,
    seed: int,
) -> CaptionedScenes:
    r"""Draw scenes of one, two or three objects beside a dot on a textured ground, with captions.

    Parameters
    ----------
    n : int
    size : int
        Pixels an axis, at least 24.
    style : str
        "light" objects on darker ground, "dark" ones on lighter ground, "faint" (a quarter of the
        contrast) or "noisy": a shift of domain under which the captions stay true.
    held_out : float
        Share of the 192 compositions, in [0, 1), that are kept for testing: each of their words
        stands in others, so that only their combination is new. The same ones whatever the style
        and the number of scenes, for one seed.
    seed : int

    Returns
    -------
    CaptionedScenes

    Raises
    ------
    InputError
        No scene, one that is too small, an unknown style, a share outside [0, 1).

    Notes
    -----
    Compositions k are drawn evenly, as those of CLEVR are (Johnson et al., 2017),

    .. math:: P(k) = \frac{1}{3 \cdot 4 \cdot 4 \cdot 4}.

    Objects stand in a row or a column in the half of the image that
    the relation names, each moved and scaled a little at random; grounds have a random phase.

    Examples
    --------
    >>> from similarity import captioned_scenes
    >>> scenes = captioned_scenes(3, seed=0)
    >>> scenes.images.shape, scenes.captions[0]
    ((3, 32, 32), 'three triangles above a dot on plain ground')
    """
    number, pixels = checks.count(n, "n"), checks.count(size, "size", minimum=SMALLEST)
    shown = checks.choice(style, "style", STYLES)
    share = checks.number(held_out, "held_out", minimum=0, below=1)
    seed = checks.seed(seed)
    kept = generator(seed, "scenes", "held out").permutation(len(COMPOSITIONS))
    kept = kept[: round(share * len(COMPOSITIONS))]
    rng = generator(seed, "scenes", shown)
    composition = rng.integers(len(COMPOSITIONS), size=number)
    attributes = COMPOSITIONS[composition]
    images = np.stack([_scene(row, pixels, rng) for row in attributes])
    return CaptionedScenes(
        images=_in_style(images, shown, rng).astype(np.float32),
        captions=tuple(map(caption, attributes)),
        attributes=attributes,
        names=ATTRIBUTES,
        composition=composition,
        held_out=np.isin(composition, kept),
    )


def scene_questions(scenes: CaptionedScenes, *, seed: int) -> SceneQuestions:
    r"""Ask one question about each scene, whose answer is known.

    Parameters
    ----------
    scenes : CaptionedScenes
    seed : int
        Draws which attribute is asked for.

    Returns
    -------
    SceneQuestions

    Raises
    ------
    InputError
        What are no such scenes.

    Notes
    -----
    Of the four attributes (kinds of question in CLEVR: Johnson et al., 2017) each is asked for with

    .. math:: P(\mathrm{about}) = 1 / 4,

    whatever the scene shows.

    Examples
    --------
    >>> from similarity import captioned_scenes, scene_questions
    >>> asked = scene_questions(captioned_scenes(3, seed=0), seed=0)
    >>> asked.questions[0], asked.answers[0]
    ('what is the ground like', 'plain')
    """
    if not isinstance(scenes, CaptionedScenes):
        refuse("scenes", "what captioned_scenes returned", checks.describe_value(scenes))
    rng = generator(checks.seed(seed), "scenes", "questions")
    about = rng.integers(len(QUESTIONS), size=len(scenes.images))
    kinds = list(QUESTIONS)
    asked = [kinds[kind] for kind in about]
    answers = [
        ATTRIBUTES[name][row[kind]]
        for name, kind, row in zip(asked, about, scenes.attributes, strict=True)
    ]
    questions = tuple(QUESTIONS[name] for name in asked)
    return SceneQuestions(questions=questions, answers=tuple(answers), about=about)


def caption(attributes: Any) -> str:
    """Return the sentence of one composition."""
    count, shape, relation, texture = (
        names[i] for names, i in zip(ATTRIBUTES.values(), attributes, strict=True)
    )
    plural = "" if count == "one" else "es" if shape == "cross" else "s"
    return f"{count} {shape}{plural} {relation} a dot on {texture} ground"


def _scene(attributes: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    count, shape, relation, texture = attributes
    y, x = np.mgrid[:size, :size] / size
    image = _ground(TEXTURES[texture], x, y, rng)
    middle = 0.5 + rng.uniform(-0.04, 0.04, size=2)
    image[(np.hypot(y - middle[0], x - middle[1]) < 0.06)] = OBJECT
    along = (np.arange(count + 1) - count / 2) * 0.31 + 0.5
    upright = RELATIONS[relation] in ("left of", "right of")
    across = 0.22 if RELATIONS[relation] in ("above", "left of") else 0.78
    for place in along:
        centre = np.array([place, across] if upright else [across, place])
        centre = centre + rng.uniform(-0.02, 0.02, size=2)
        radius = rng.uniform(0.095, 0.12)
        inside = _inside(SHAPES[shape], (x - centre[1]) / radius, (y - centre[0]) / radius)
        image[inside] = OBJECT
    return image


def _ground(texture: str, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    phase = rng.uniform(0, 1, size=2)
    waves = np.sign(np.sin(2 * np.pi * (8 * x + phase[0])))
    pattern = {
        "plain": np.zeros_like(x),
        "striped": waves,
        "checked": waves * np.sign(np.sin(2 * np.pi * (8 * y + phase[1]))),
        "grainy": rng.standard_normal(x.shape),
    }[texture]
    return GROUND + 0.15 * pattern


def _inside(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Say where a shape of radius 1 is."""
    if shape == "circle":
        return np.hypot(x, y) < 1
    if shape == "square":
        return np.maximum(abs(x), abs(y)) < 0.9
    if shape == "triangle":
        return (y < 0.9) & (y > 2 * abs(x) - 1)
    return (np.minimum(abs(x), abs(y)) < 0.3) & (np.maximum(abs(x), abs(y)) < 1)


def _in_style(images: np.ndarray, style: str, rng: np.random.Generator) -> np.ndarray:
    if style == "dark":
        return 1 - images
    if style == "faint":
        return 0.7 + 0.25 * (images - GROUND)
    if style == "noisy":
        return images + 0.2 * rng.standard_normal(images.shape)
    return images
