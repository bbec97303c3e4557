"""Adapt two towers to a task: by a prompt, an adapter, LoRA or in full, and keep what was known."""

from hashlib import sha256
from typing import Any

import numpy as np

from similarity.two_towers.models import (
    ImageText,
    candidate_tokens,
    network_images,
    network_tokens,
)
from similarity.two_towers.tokens import texts_of
from similarity.two_towers.zero_shot_answers import checked_candidates
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record
from toolbox.core.streams import generator

WAYS = ("prompt", "conditional prompt", "adapter", "lora", "full")
KEEPS = ("none", "distil", "replay", "average")
# Of what is kept, against the labels: answers to references are tens of texts, a task's a few.
STRENGTH = 4.0
ROUNDED = 1e-6  # of shares that sum to 1

Kept = tuple[np.ndarray, np.ndarray | None, np.ndarray] | None


@record
class Adapted:
    """Two towers and what was learned beside them, task after task, by each member.

    Attributes
    ----------
    model : ImageText
        As it was before the first task.
    how : str
        What is learned.
    learned : dict of arrays (members, ...)
    losses : ndarray (members, steps)
        Of the last task.
    tasks : int
        How many were learned.
    digests : tuple of str
        Of each task's images, labels and candidates (SHA-256), by which one that comes again is
        known.
    note : str
        That of the towers, and what was kept.
    """

    model: ImageText
    how: str
    learned: dict[str, np.ndarray]
    losses: np.ndarray
    tasks: int
    digests: tuple[str, ...] = ()
    note: str = ""


def adapt(
    model: Any,
    images: Any,
    labels: Any,
    *,
    candidates: Any,
    how: str = "lora",
    keep: str = "none",
    reference: Any = None,
    members: int = 1,
    steps: int = 200,
    seed: int,
) -> Adapted:
    r"""Learn a task with two towers, by few of their weights or all, and keep what they knew.

    Parameters
    ----------
    model : ImageText or Adapted
        What `adapt` returned goes on with the next task, in the same way `how`, by as many members.
    images : array (n, [components,] height, width)
    labels : array (n,) or (n, C)
        Of each image, which of the candidates is right, counted from 0; or how much each candidate
        counts, 0 to 1 together, such as `.shares` of `pseudo_labels` or `.posterior` of
        `labels_from_rewards`.
    candidates : list of str (C,)
        The texts among which the task's images are told apart, each once.
    how : str
        "prompt": four vectors before the words (CoOp); "conditional prompt": the same, moved by
        each image (CoCoOp); "adapter": two layers on the images' vectors (CLIP-Adapter); "lora":
        updates of rank 4 of all layers; "full": all weights.
    keep : str
        "distil": answers on the `reference` images stay as before the task, their labels unknown
        (ZSCL); "replay": `reference` images of former tasks are learned again, with their texts;
        "average": the mean of what is learned before and after the task (WiSE-FT), of LoRA's
        updates the nearest one of their rank; "none".
    reference : (images, texts), optional
        For "distil" images of any kind, and any texts whose answers are to stay; for "replay"
        images with the text of each.
    members : int
        How often the task is learned from its own start and in its own order: `adapted_votes`
        returns the votes of each.
    steps : int
        Steps of Adam, each on 64 images.
    seed : int
        Member 1 is the same however many there are.

    Returns
    -------
    Adapted

    Raises
    ------
    InputError
        A label that is no candidate, all labels the same, an empty task or one that was learned
        before, candidates that read the same or leave no room for a prompt, references that are
        not needed or are missing, another way or another number of members than the tasks before.

    Notes
    -----
    With u the image's vector, v_c the candidate's and s the scale, as adapted, the loss is

    .. math:: -\sum_c w_c \log \frac{e^{s u^T v_c}}{\sum_k e^{s u^T v_k}} + 4\, K,

    w_c being how much candidate c counts, 1 for a label, and K what is kept: for "distil"
    KL(before || now) of texts given each reference image and of images given each text, before = as
    of the start of this task; so former tasks are kept as well as what the towers knew. Nothing
    learned changes an answer at the start, but for a prompt.

    References
    ----------
    K. Zhou et al., Learning to prompt for vision-language models, IJCV 2022, and Conditional prompt
    learning, CVPR 2022. E. Hu et al., LoRA, ICLR 2022. P. Gao et al., CLIP-Adapter, IJCV 2024.
    Z. Li, D. Hoiem, Learning without forgetting, IEEE TPAMI 2018. Z. Zheng et al. (ZSCL), ICCV
    2023. M. Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022.

    Examples
    --------
    >>> from labelling import adapt, adapted_votes
    >>> from similarity import captioned_scenes, image_text
    >>> scenes = captioned_scenes(40, size=24, seed=0)
    >>> model = image_text(scenes.images, scenes.captions, seed=0, steps=2, width=4)
    >>> words, y = scenes.names["count"], scenes.attributes[:, 0]
    >>> task = adapt(model, scenes.images, y, candidates=words, members=2, steps=2, seed=0)
    >>> adapted_votes(task, scenes.images, words).shape
    (2, 40, 3)
    """
    from toolbox.networks.two_towers.adapting import halfway, learn_task, pairs_of, towers_of

    number = checks.seed(seed)
    before = _before(model, how, checks.count(members, "members"), number)
    holds, length = checks.choice(keep, "keep", KEEPS), checks.count(steps, "steps")
    names = checked_candidates(candidates, "candidates")
    texts = _texts(before.model, way=before.how, names=names)
    pixels = network_images(before.model, images)
    y = _labels(labels, len(pixels), len(names))
    digest = _once(before, pixels, y, names)
    kept = _kept(before.model, holds, reference)
    towers = towers_of(before.how, before.model.weights, before.model.architecture)
    task = pairs_of(pixels, y, texts)
    ended = [
        learn_task(
            towers,
            old,
            task,
            None if kept is None else pairs_of(*kept),
            generator(number, "adapt", "order", before.tasks, member),
            strength=STRENGTH,
            steps=length,
        )
        for member, old in enumerate(each_member(before))
    ]
    found = [learned for learned, _ in ended]
    if holds == "average":
        pairs = zip(each_member(before), found, strict=True)
        found = [halfway(before.how, old, new) for old, new in pairs]
    return Adapted(
        model=before.model,
        how=before.how,
        learned={name: np.stack([each[name] for each in found]) for name in before.learned},
        losses=np.stack([losses for _, losses in ended]),
        tasks=before.tasks + 1,
        digests=(*before.digests, digest),
        note="; ".join(dict.fromkeys(filter(None, (*before.note.split("; "), f"keep={holds!r}")))),
    )


def adapted_votes(adapted: Adapted, images: Any, candidates: Any) -> np.ndarray:
    r"""Answer with towers that were adapted, each member by itself.

    Parameters
    ----------
    adapted : Adapted
    images : array (n, [components,] height, width)
    candidates : list of str (C,)
        Each once; of a task that was learned or of any other.

    Returns
    -------
    ndarray (members, n, C)
        Probabilities; what `confidence.assess` and `confidence.conformal` take.

    Raises
    ------
    InputError
        Fewer than two candidates, one that stands twice, two that read the same, images of another
        size.

    Notes
    -----
    As `similarity.zero_shot` (Radford et al., 2021), by the vectors as adapted,

    .. math:: p_c = \frac{e^{s u^T v_c}}{\sum_k e^{s u^T v_k}}.

    That images are of a domain not met before shows in `toolbox.permutation_p_value` with the
    energy distance, between `similarity.embed_images` of them and of images that were learned.

    Examples
    --------
    >>> from labelling import adapt, adapted_votes
    >>> from similarity import captioned_scenes, image_text
    >>> scenes = captioned_scenes(40, size=24, seed=0)
    >>> model = image_text(scenes.images, scenes.captions, seed=0, steps=2, width=4)
    >>> words, y = scenes.names["shape"], scenes.attributes[:, 1]
    >>> task = adapt(model, scenes.images, y, candidates=words, how="prompt", steps=2, seed=0)
    >>> bool(abs(adapted_votes(task, scenes.images, words).sum(axis=2) - 1).max() < 1e-6)
    True
    """
    from scipy.special import softmax

    from toolbox.networks.two_towers.adapting import answers, pairs_of, towers_of
    from toolbox.networks.two_towers.towers import tensors

    if not is_record(adapted) or not isinstance(adapted, Adapted):
        refuse("adapted", "an Adapted", checks.describe_value(adapted))
    model = adapted.model
    names = checked_candidates(candidates, "candidates")
    texts = _texts(model, way=adapted.how, names=names)
    asked = pairs_of(network_images(model, images), None, texts)
    towers = towers_of(adapted.how, model.weights, model.architecture)
    told = [
        answers(towers, tensors(learned, "cpu"), asked.images, asked.texts).numpy()
        for learned in each_member(adapted)
    ]
    return softmax(np.stack(told).astype(np.float64), axis=2)


def each_member(adapted: Adapted) -> list[dict[str, np.ndarray]]:
    """Return what each member learned."""
    number = len(next(iter(adapted.learned.values())))
    return [{name: v[member] for name, v in adapted.learned.items()} for member in range(number)]


def _before(model: Any, how: str, members: int, seed: int) -> Adapted:
    """Return what is adapted further, with nothing learned where it is the first task."""
    from toolbox.networks.two_towers.adapting import start

    way = checks.choice(how, "how", WAYS)
    if is_record(model) and isinstance(model, Adapted):
        if model.how != way:
            refuse("how", f"{model.how!r}, as for the tasks before", repr(way))
        if (had := len(each_member(model))) != members:
            refuse("members", f"{had}, as for the tasks before", members)
        return model
    if not is_record(model) or not isinstance(model, ImageText):
        refuse("model", "an ImageText or an Adapted", checks.describe_value(model))
    started = [
        start(way, model.weights, generator(seed, "adapt", "init", m)) for m in range(members)
    ]
    learned = {name: np.stack([each[name] for each in started]) for name in started[0]}
    return Adapted(
        model=model,
        how=way,
        learned=learned,
        losses=np.zeros((members, 0)),
        tasks=0,
        note=model.note,
    )


def _texts(model: ImageText, *, way: str, names: list[str]) -> np.ndarray:
    """Return the candidates' tokens; behind a prompt, a transformer must have room for both."""
    from toolbox.networks.two_towers.adapting import PROMPT

    tokens = candidate_tokens(model, names, "candidates")
    if "prompt" in way and model.architecture["text_network"] != "bag":
        room, longest = tokens.shape[1] - PROMPT, int((tokens > 0).sum(axis=1).max())
        if longest > room:
            refuse("candidates", f"texts of at most {room} tokens behind a prompt", longest)
    return tokens


def _labels(labels: Any, images: int, candidates: int) -> np.ndarray:
    """Return labels (n,), or how much each candidate counts (n, C)."""
    if _is_table(labels):
        return _shares(labels, images, candidates)
    y = checks.labels(labels, "labels", length=images)
    wanted = f"whole numbers 0 to {candidates - 1}, of the candidates"
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= candidates:
        got = f"{y.min()} to {y.max()}" if y.dtype.kind in "iu" else f"such as {y[0].item()!r}"
        refuse("labels", wanted, got)
    if len(np.unique(y)) < 2:
        refuse("labels", "at least two classes", f"{y[0]} alone")
    return y.astype(np.int64)


def _is_table(value: Any) -> bool:
    try:
        return np.ndim(value) == 2 and 1 not in np.shape(value)
    except ValueError:  # rows of several lengths
        return False


def _shares(labels: Any, images: int, candidates: int) -> np.ndarray:
    shares = checks.real_array(labels, "labels", ndim=2).astype(np.float64)
    if shares.shape != (images, candidates):
        refuse("labels", f"({images},) or ({images}, {candidates})", shares.shape)
    total = shares.sum(axis=1)
    if shares.min() < 0 or total.max() > 1 + ROUNDED:
        got = f"a least one of {shares.min():g}, sums up to {total.max():g}"
        refuse("labels", "shares >= 0 that sum to at most 1", got)
    if (number := (shares > 0).any(axis=0).sum()) < 2:
        refuse("labels", "at least two classes that count", number)
    return shares.astype(np.float32)


def _once(before: Adapted, pixels: np.ndarray, y: np.ndarray, names: list[str]) -> str:
    """Return the digest of a task, whatever the order of its images; refuse one that was learned.

    More `steps` learn a task better; what was learned counts as known when the next one comes.
    """
    each = sorted(
        sha256(image.tobytes() + label.tobytes()).hexdigest()
        for image, label in zip(pixels, y, strict=True)
    )
    digest = sha256("\0".join([*names, *each]).encode()).hexdigest()
    if digest in before.digests:
        number = before.digests.index(digest) + 1
        refuse("images", "a task that was not learned yet", f"that of task {number} again")
    return digest


def _kept(model: ImageText, keep: str, reference: Any) -> Kept:
    """Return reference images, their labels where they are replayed, and texts as tokens."""
    if keep in ("none", "average"):
        if reference is not None:
            refuse("reference", f"none for keep={keep!r}", "some")
        return None
    if not isinstance(reference, list | tuple) or len(reference) != 2:
        wanted = f"(images, texts), what keep={keep!r} holds on to"
        refuse("reference", wanted, checks.describe_value(reference))
    pixels = network_images(model, reference[0], "reference")
    said = texts_of(reference[1], "reference")
    different, labels = np.unique(said, return_inverse=True)
    if len(different) < 2:
        refuse("reference", "at least two different texts", f"{said[0]!r} alone")
    tokens = network_tokens(model, different.tolist(), "reference")
    if keep == "distil":
        return pixels, None, tokens
    if len(said) != len(pixels):
        refuse("reference", f"{len(pixels)} texts, one an image", len(said))
    return pixels, labels.astype(np.int64), tokens
