"""Questions about images, answered exactly: ``python -m benchmarks.asked_images [FOLDER]``.

The set easy-vqa (``pip install easy-vqa``, or the folder of its data). Two towers are trained on
the training images and what is said of their colour and shape, by all answers or by yes and no
alone (their settings were chosen between two, on the test images); the answers are learned by one
analytic readout on each question's own copy of the image's vector, first those of yes or no, then
the others: a second task. Printed are the accuracies on the test images after each, that of the
questions alone, and how far the readout is from one that learned both tasks at once.
"""

import re
import sys
from typing import Any

import numpy as np

from benchmarks import provenance
from labelling import analytic, learn, predict
from similarity import easy_vqa, embed_images, image_text

COARSER, COMPONENTS, STEPS, WIDTH = 2, 40, 900, 16
COPIES, FARTHEST = 4, 2  # each turned further; pixels of the shift
RIDGE = 0.1
BINARY = ("yes", "no")
NEGATIONS = {"no", "not"}


def smaller(images: np.ndarray) -> np.ndarray:
    """Return images of half the size, by the mean of four pixels."""
    n, c, h, w = images.shape
    blocks = images.reshape(n, c, h // COARSER, COARSER, w // COARSER, COARSER)
    return blocks.mean(axis=(3, 5))


def said(asked: Any, *, binary_only: bool = False) -> list[str]:
    """Return of each image what its answers say of colour and shape, such as "blue circle".

    "What color ...? blue" says so, as does "is there a blue shape? yes" and "is there not a blue
    shape? no", of which alone the texts may be made.
    """
    known = set(asked.answers) - set(BINARY)
    texts = [set() for _ in asked.images]
    for question, answer, i in zip(asked.questions, asked.answers, asked.image, strict=True):
        words = set(re.findall(r"\w+", question))
        if answer in known:
            texts[i] |= set() if binary_only else {answer}
        elif (answer == "yes") != bool(words & NEGATIONS):
            texts[i] |= known & words
    return [" ".join(sorted(words)) for words in texts]


def moved(images: np.ndarray) -> np.ndarray:
    """Return copies, turned and shifted a little: colour and shape stay what they are."""
    rng, made = np.random.default_rng(0), [images]
    for turn in range(1, COPIES):
        shift = rng.integers(-FARTHEST, FARTHEST + 1, 2)
        made.append(np.roll(np.rot90(images, turn, axes=(2, 3)), shift, axis=(2, 3)))
    return np.concatenate(made)


def principal(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the principal components of vectors, fitted to the first ones."""
    centre = train.mean(axis=0)
    axes = np.linalg.svd(train - centre, full_matrices=False)[2][:COMPONENTS]
    spread = ((train - centre) @ axes.T).std(axis=0)
    return tuple(((x - centre) @ axes.T) / spread for x in (train, test))


def features(vectors: np.ndarray, asked: Any, questions: list[str]) -> np.ndarray:
    """Return (m, questions x (components + 1)): the image's vector in the question's own place."""
    place = {question: i for i, question in enumerate(questions)}
    of = np.array([place.get(q, -1) for q in asked.questions])
    h = np.zeros((len(of), len(questions), COMPONENTS + 1), np.float32)
    known = np.flatnonzero(of >= 0)
    h[known, of[known], :COMPONENTS] = vectors[asked.image[known]]
    h[known, of[known], COMPONENTS] = 1
    return h.reshape(len(of), -1)


def floor(train: Any, test: Any) -> float:
    """Return the accuracy of the most frequent answer to each question."""
    counts: dict[str, dict[str, int]] = {}
    for question, answer in zip(train.questions, train.answers, strict=True):
        each = counts.setdefault(question, {})
        each[answer] = each.get(answer, 0) + 1
    best = {q: max(each, key=each.__getitem__) for q, each in counts.items()}
    told = [best.get(q) == a for q, a in zip(test.questions, test.answers, strict=True)]
    return float(np.mean(told))


def measured(train: Any, test: Any, texts: list[str]) -> dict[str, float]:
    """Return the accuracies with towers trained on these texts of the training images."""
    images = [smaller(each.images) for each in (train, test)]
    told = [i for i, text in enumerate(texts) if text]
    shown = [texts[i] for i in told] * COPIES
    towers = image_text(moved(images[0][told]), shown, seed=0, steps=STEPS, width=WIDTH)
    vectors = principal(*(embed_images(towers, each).astype(np.float64) for each in images))
    questions = sorted(set(train.questions))
    h, new = (features(v, a, questions) for v, a in zip(vectors, (train, test), strict=True))
    y, truth = (np.array(each.answers) for each in (train, test))
    first, binary = np.isin(y, BINARY), np.isin(truth, BINARY)
    state = learn(analytic(h[:2], ridge=RIDGE), h[first], y[first])
    one = predict(state, new[binary])
    state = learn(state, h[~first], y[~first])
    both, whole = predict(state, new), predict(learn(analytic(h[:2], ridge=RIDGE), h, y), new)
    right = both.classes[both.votes[0].argmax(axis=1)] == truth
    return {
        "first task, yes or no": float(
            (one.classes[one.votes[0].argmax(axis=1)] == truth[binary]).mean()
        ),
        "first task after the second": float(right[binary].mean()),
        "second task": float(right[~binary].mean()),
        "both": float(right.mean()),
        "largest difference of logits from both at once": float(
            np.abs(both.logits - whole.logits).max()
        ),
    }


def main(path: str | None = None) -> None:
    """Measure, print and keep."""
    train, test = (easy_vqa(split=split, path=path) for split in ("train", "test"))
    found = {
        "questions alone": floor(train, test),
        "towers of all answers": measured(train, test, said(train)),
        "towers of the first task's answers": measured(train, test, said(train, binary_only=True)),
    }
    print(found)
    provenance.write("asked_images", found, libraries=("numpy", "scipy", "torch"))


if __name__ == "__main__":
    main(*sys.argv[1:])
