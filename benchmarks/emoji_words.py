"""Emoji never shown, found by their names: ``python -m benchmarks.emoji_words FOLDER SPLIT WAY``.

FOLDER as for `benchmarks.emoji_groups`; nothing of it is kept. A fifth of the emoji is held out:
neither their pictures nor their names are shown to anything trained. Asked is which of the held-out
names, with CLDR's keywords, English alone or French alone, is that of each held-out picture. Six
networks (`image_text`) learn without words to tell changed copies of one emoji, in both designs,
from those of another; then the names go to the pictures' whitened features by ridge regression, in
closed form, and the nearest by the cosine is the answer (Shigeto et al., ECML 2015). Beside stand
two towers trained on the names themselves (`image_text` on words and their quadruples of letters),
alone and with their members' similarities averaged; WAY is "closed", "towers" or both, and each
split's figures are kept beside those of others, and the mean over all splits but 0, on which the
settings were chosen.
"""

import re
import sys
from typing import Any

import numpy as np
import torch

from benchmarks import provenance
from benchmarks.picture_copies import copies, read
from similarity import Emoji, embed_images, embed_texts, image_text

HELD_OUT = 370
LANGUAGES = {"en": "English", "fr": "French"}
WORD = re.compile(r"\w+")
NETWORKS, STEPS, WIDTH, COPIES = 6, 600, 16, 6  # without words
RIDGE, WHITENED = 1.0, 0.5  # the power of each component's spread that is divided out
TOWERS, TOWER_STEPS, TOWER_WIDTH, TOWER_COPIES = 3, 1200, 24, 10
KEPT_KEYWORDS = 0.6  # share of the keywords in each copy's text
LETTERS = 4


def split(n: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which emoji are shown, and which held out."""
    order = np.random.default_rng(number).permutation(n)
    return np.sort(order[HELD_OUT:]), np.sort(order[:HELD_OUT])


def ranks(scores: np.ndarray) -> dict[str, float]:
    """Return how often the right name is first, and among the first five."""
    before = (scores > np.diag(scores)[:, None]).sum(axis=1)
    return {"R@1": float((before < 1).mean()), "R@5": float((before < 5).mean())}


def queries(by_design: list[np.ndarray]) -> dict[str, dict[str, float]]:
    """Return the ranks by Google's drawing, by Twitter's, and by both together."""
    names = ("one design (Google)", "the other (Twitter)", "both designs")
    return dict(zip(names, map(ranks, [*by_design, sum(by_design)]), strict=True))


# ----------------------------------------------------------------- closed form on wordless features


def wordless(found: Emoji, shown: np.ndarray, seed: int) -> np.ndarray:
    """Return features (2, n, F) of both designs, of networks that saw the shown emoji only."""
    plain = [copies(images, None) for images in found.images]
    vectors = []
    for number in range(NETWORKS):
        rng = np.random.default_rng([seed, 4, number])
        images = np.concatenate(
            [copies(design[shown], rng) for _ in range(COPIES) for design in found.images]
        )
        numbers = [f"emoji{i}" for i in shown] * (2 * COPIES)
        model = image_text(images, numbers, seed=NETWORKS * seed + number, steps=STEPS, width=WIDTH)
        vectors.append(np.stack([embed_images(model, each) for each in plain]))
    return np.concatenate(vectors, axis=-1)


def whitened(features: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return features (2, n, F), centred and along the axes of the shown ones, spreads reduced."""
    known = features[:, shown].mean(axis=0)
    centred = features - known.mean(axis=0)
    _, spread, axes = np.linalg.svd(known - known.mean(axis=0), full_matrices=False)
    return centred @ axes.T / (spread / np.sqrt(len(shown))) ** WHITENED


def weighted_words(found: Emoji, language: str, shown: np.ndarray) -> np.ndarray:
    """Return unit vectors (n, words) of log counts times log inverse frequencies.

    A name counts twice, a keyword once; words are those of the shown emoji.
    """
    texts = zip(found.names[language], found.keywords[language], strict=True)
    words = [WORD.findall(f"{name} {name} {more}".lower()) for name, more in texts]
    known = sorted({word for i in shown for word in words[i]})
    place = {word: j for j, word in enumerate(known)}
    counts = np.zeros((len(words), len(known)))
    for row, listed in zip(counts, words, strict=True):
        for word in listed:
            if word in place:
                row[place[word]] += 1
    among = (counts[shown] > 0).sum(axis=0)
    table = np.log1p(counts) * np.log(1 + len(shown) / among)
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)


def closed_form(
    features: np.ndarray, words: np.ndarray, shown: np.ndarray, held: np.ndarray
) -> list[np.ndarray]:
    """Return cosines (held, held) of pictures and names, for each design.

    By the dual of ridge regression Z = T A: A = T^T (T T^T + ridge)^{-1} Z.
    """
    known = words[shown]
    gram = known @ known.T + RIDGE * np.eye(len(shown))
    expected = words[held] @ known.T @ np.linalg.solve(gram, features[:, shown].mean(axis=0))
    return [_unit(design[held]) @ _unit(expected).T for design in features]


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-12)


# ----------------------------------------------------------------------- two towers on the names


def letters(text: str) -> str:
    """Return the words of a text and their quadruples of letters, as words of their own.

    The first word is in every text, so that none is of unknown words alone.
    """
    parts = ["emoji"]
    for word in WORD.findall(text.lower()):
        whole = f"_{word}_"
        starts = range(max(1, len(whole) - LETTERS + 1))
        parts += [word, *(f"0{whole[i : i + LETTERS]}" for i in starts)]
    return " ".join(parts)


def said(found: Emoji, i: int, language: str, rng: np.random.Generator | None) -> str:
    """Return the name twice and the keywords; with rng some of them, the name once or twice."""
    keywords = [each for each in found.keywords[language][i].split(", ") if each]
    times = 2
    if rng is not None:
        times = int(rng.integers(1, 3))
        keywords = [each for each in keywords if rng.random() < KEPT_KEYWORDS]
    return letters(" ".join([found.names[language][i]] * times + keywords))


def towers(found: Emoji, shown: np.ndarray, held: np.ndarray, seed: int) -> np.ndarray:
    """Return cosines (languages, designs, held, held) of two towers that saw the shown emoji."""
    rng = np.random.default_rng([seed, 5])
    images, texts = [], []
    for copy in range(TOWER_COPIES):
        for number, design in enumerate(found.images):
            images.append(copies(design[shown], rng))
            each = ["en" if (copy + number + i) % 2 else "fr" for i in shown]
            texts += [said(found, i, lang, rng) for i, lang in zip(shown, each, strict=True)]
    model = image_text(
        np.concatenate(images), texts, seed=seed, steps=TOWER_STEPS, width=TOWER_WIDTH
    )
    seen = [embed_images(model, copies(design[held], None)) for design in found.images]
    read_texts = {
        language: embed_texts(model, [said(found, i, language, None) for i in held])
        for language in LANGUAGES
    }
    return np.array([[own @ read_texts[lang].T for own in seen] for lang in LANGUAGES])


# ------------------------------------------------------------------------------------- measured


def by_closed_form(found: Emoji, number: int) -> dict[str, Any]:
    """Return the ranks of each language in closed form."""
    shown, held = split(len(found.characters), number)
    features = whitened(wordless(found, shown, number), shown)
    return {
        name: queries(closed_form(features, weighted_words(found, lang, shown), shown, held))
        for lang, name in LANGUAGES.items()
    }


def by_towers(found: Emoji, number: int) -> dict[str, Any]:
    """Return the ranks of each language by the first pair of towers, and by all averaged."""
    shown, held = split(len(found.characters), number)
    members = np.stack(
        [towers(found, shown, held, TOWERS * number + member) for member in range(TOWERS)]
    )
    return {
        f"{name}, {what}": queries(list(scores[i]))
        for i, name in enumerate(LANGUAGES.values())
        for what, scores in (("one member", members[0]), ("pooled", members.mean(axis=0)))
    }


def over_splits(splits: dict[str, Any], way: str) -> dict[str, Any]:
    """Return mean and standard error over the splits on which nothing was chosen."""
    measured = [figures[way] for number, figures in splits.items() if number != "0"]
    if len(measured) < 2:
        return {}
    return {
        language: {query: _mean([each[language][query] for each in measured]) for query in asked}
        for language, asked in measured[0].items()
    } | {"splits": len(measured)}


def _mean(ranks_of: list[dict[str, float]]) -> dict[str, list[float]]:
    values = {name: np.array([each[name] for each in ranks_of]) for name in ranks_of[0]}
    return {
        name: [float(v.mean()), float(v.std(ddof=1) / np.sqrt(len(v)))]
        for name, v in values.items()
    }


WAYS = {"closed": by_closed_form, "towers": by_towers}


def main(packages: str, number: str = "0", *ways: str) -> None:
    """Measure one split, print and keep."""
    torch.set_num_threads(1)
    found = read(packages)
    kept = provenance.read("emoji_words").get("splits", {})
    for way in ways or WAYS:
        figures = WAYS[way](found, int(number))
        print(way, figures)
        kept[number] = kept.get(number, {}) | {way: figures}
    means = {way: over_splits(kept, way) for way in WAYS if all(way in kept[i] for i in kept)}
    chance = {"R@1": 1 / HELD_OUT, "R@5": 5 / HELD_OUT}
    provenance.write(
        "emoji_words",
        {
            "emoji": len(found.characters),
            "held out": HELD_OUT,
            "chance": chance,
            "mean and standard error over splits": means,
            "splits": kept,
        },
        libraries=("numpy", "scipy", "torch"),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
