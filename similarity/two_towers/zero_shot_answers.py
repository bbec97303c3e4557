"""Answers without labels: which of some texts fits an image, or answers a question about it."""

from typing import Any

import numpy as np

from similarity.two_towers.models import (
    ImageText,
    candidate_tokens,
    checked_model,
    embed_images,
    text_embeddings,
)
from similarity.two_towers.tokens import texts_of
from toolbox.core.checks import refuse
from toolbox.core.records import record


@record
class ZeroShot:
    """Which candidate fits each image.

    Attributes
    ----------
    votes : ndarray (1, n, C)
        Probabilities of the candidates, as of one member.
    candidates : tuple of str
    similarities : ndarray (n, C)
        Cosines, -1 to 1; higher = fits better.
    """

    votes: np.ndarray
    candidates: tuple[str, ...]
    similarities: np.ndarray


def zero_shot(
    model: ImageText, images: Any, prompts: Any, *, templates: Any = "{}", device: str = "auto"
) -> ZeroShot:
    r"""Say which of some texts fits each image best, without a label.

    Parameters
    ----------
    model : ImageText
    images : array (n, [components,] height, width)
    prompts : list of str (C,)
        The candidates, each once: names of classes, or whole sentences.
    templates : str or list of str
        Sentences with ``{}`` where the candidate comes; the vectors of several are averaged.
    device : str
        "auto", "cpu" or "cuda:0".

    Returns
    -------
    ZeroShot

    Raises
    ------
    InputError
        Fewer than two candidates, one that stands twice, an empty one or one of unknown words, two
        that are the same but for unknown words, a template without ``{}``.

    Notes
    -----
    With u the unit vector of an image and v_c the mean of those of candidate c in each template, at
    unit length, the votes are (Radford et al., 2021)

    .. math:: p_c = \frac{e^{s u^T v_c}}{\sum_k e^{s u^T v_k}},

    s the factor that was learned with the towers.

    Examples
    --------
    >>> from similarity import captioned_scenes, image_text, zero_shot
    >>> scenes = captioned_scenes(40, seed=0)
    >>> model = image_text(scenes.images, scenes.captions, seed=0, steps=2, width=4)
    >>> zero_shot(model, scenes.images, ["one circle", "two squares"]).votes.shape
    (1, 40, 2)
    """
    network = checked_model(model)
    names = checked_candidates(prompts, "prompts")
    candidate_tokens(network, names, "prompts")
    seen = embed_images(network, images, device=device)
    cosines = seen @ candidate_vectors(network, names, templates, device=device).T
    return ZeroShot(votes=_votes(network, cosines), candidates=tuple(names), similarities=cosines)


def answer_questions(
    model: ImageText, images: Any, questions: Any, *, candidates: Any, device: str = "auto"
) -> ZeroShot:
    r"""Say which of some answers to a question about each image fits best, without a label.

    Parameters
    ----------
    model : ImageText
    images : array (n, [components,] height, width)
    questions : list of str (n,) or str
        One an image, or one for all.
    candidates : list of str (C,)
        The answers, each once.
    device : str
        "auto", "cpu" or "cuda:0".

    Returns
    -------
    ZeroShot

    Raises
    ------
    InputError
        Questions of another number than images, and as `zero_shot`.

    Notes
    -----
    The text that is compared is the question and the answer after it; words that the network never
    met tell nothing, and an answer of such words alone is refused. For questions that were answered
    before, train `image_text` on such texts, or a readout (`labelling.analytic`) on
    `question_features`.

    With v_qc the vector of question q and answer c the votes are (Radford et al., 2021)

    .. math:: p_c = \frac{e^{s u^T v_{qc}}}{\sum_k e^{s u^T v_{qk}}}.

    Examples
    --------
    >>> from similarity import answer_questions, captioned_scenes, image_text
    >>> scenes = captioned_scenes(40, seed=0)
    >>> model = image_text(scenes.images, scenes.captions, seed=0, steps=2, width=4)
    >>> answer_questions(model, scenes.images, "how many?", candidates=["one", "two"]).votes.shape
    (1, 40, 2)
    """
    network = checked_model(model)
    answers = checked_candidates(candidates, "candidates")
    candidate_tokens(network, answers, "candidates")
    seen = embed_images(network, images, device=device)
    asked = _asked(questions, len(seen))
    different, which = np.unique(asked, return_inverse=True)
    texts = [f"{question} {answer}" for question in different.tolist() for answer in answers]
    read = text_embeddings(network, texts, "candidates", device=device)
    read = read.reshape(len(different), len(answers), -1)[which]
    cosines = np.einsum("nd,ncd->nc", seen, read)
    return ZeroShot(votes=_votes(network, cosines), candidates=tuple(answers), similarities=cosines)


def question_features(
    model: ImageText, images: Any, questions: Any, *, device: str = "auto"
) -> np.ndarray:
    r"""Return features of images and questions together, on which a readout learns answers.

    Parameters
    ----------
    model : ImageText
    images : array (n, [components,] height, width)
    questions : list of str (n,) or str
        One an image, or one for all, with at least one word that the network knows.
    device : str
        "auto", "cpu" or "cuda:0".

    Returns
    -------
    ndarray (n, 3 x embedding), float32
        The image's vector, the question's, and their products component by component.

    Raises
    ------
    InputError
        Questions of another number than images, empty ones or of unknown words.

    Notes
    -----
    With u and q the vectors of d components of image and question, the features are

    .. math:: (u,\; q,\; \sqrt d\, u \odot q),

    whose products let a linear readout take one by the other (Kim et al., 2017).

    Examples
    --------
    >>> from similarity import captioned_scenes, image_text, question_features
    >>> scenes = captioned_scenes(40, seed=0)
    >>> model = image_text(scenes.images, scenes.captions, seed=0, steps=2, width=4)
    >>> question_features(model, scenes.images, "how many circles").shape
    (40, 192)
    """
    network = checked_model(model)
    seen = embed_images(network, images, device=device)
    asked = _asked(questions, len(seen))
    different, which = np.unique(asked, return_inverse=True)
    read = text_embeddings(network, different.tolist(), "questions", device=device)[which]
    return np.concatenate([seen, read, seen * read * np.sqrt(seen.shape[1])], axis=1)


def candidate_vectors(
    model: ImageText, names: list[str], templates: Any, *, device: str
) -> np.ndarray:
    """Return the unit vector of each candidate, the mean over templates."""
    sentences = texts_of(templates, "templates")
    if lacking := [t for t in sentences if t.count("{}") != 1]:
        refuse("templates", "sentences with one {} in each", repr(lacking[0]))
    texts = [t.replace("{}", name) for name in names for t in sentences]
    vectors = text_embeddings(model, texts, "prompts", device=device)
    mean = vectors.reshape(len(names), len(sentences), -1).mean(axis=1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def checked_candidates(value: Any, argument: str) -> list[str]:
    """Return at least two texts, each once."""
    names = texts_of(value, argument)
    if len(names) < 2:
        refuse(argument, "at least two candidates", len(names))
    if twice := [name for name in names if names.count(name) > 1]:
        refuse(argument, "each candidate once", f"{twice[0]!r} twice")
    return names


def _asked(questions: Any, images: int) -> np.ndarray:
    asked = texts_of(questions, "questions")
    if isinstance(questions, str):
        asked = asked * images
    if len(asked) != images:
        refuse("questions", f"{images} questions, one an image", len(asked))
    return np.array(asked)


def _votes(model: ImageText, cosines: np.ndarray) -> np.ndarray:
    from scipy.special import softmax

    from toolbox.networks.two_towers.towers import scale

    return softmax(scale(model.weights) * cosines.astype(np.float64), axis=1)[None]
