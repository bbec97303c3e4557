"""Parts of the benchmarks on emoji, by brute force on a few pictures."""

import numpy as np
import pytest

from benchmarks import emoji_groups, emoji_words
from benchmarks.picture_copies import copies
from similarity.named_pictures.emoji_designs import Emoji

SHOWN, HELD = np.array([0, 1, 3]), np.array([2, 4])


@pytest.fixture
def few():
    rng = np.random.default_rng(0)
    names = ("red heart", "blue heart", "red car", "blue car", "blue heart car")
    return Emoji(
        images=rng.random((2, 5, 3, 40, 40)).astype(np.float32),
        characters=tuple("abcde"),
        names={"en": names, "fr": names},
        keywords={"en": ("love, symbol",) * 5, "fr": ("",) * 5},
        groups=np.array(["Flags"] * 5),
        missing=(),
    )


def test_copies_keep_the_paper_white_and_without_rng_the_picture():
    paper = np.ones((2, 3, 40, 40), np.float32)
    assert (copies(paper, np.random.default_rng(0)) == 1).all()
    half = np.zeros((1, 3, 40, 40), np.float32)
    half[..., :20] = 1
    made = copies(half, None)
    assert made.shape == (1, 3, 32, 32)
    assert (made[..., :15] == 1).all()
    assert (made[..., 17:] == 0).all()
    changed = [copies(half, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(changed[0], changed[1])
    assert np.abs(changed[0] - changed[2]).max() > 0.1


def test_the_dual_is_ridge_regression_on_the_words(few):
    rng = np.random.default_rng(1)
    features = rng.normal(size=(2, 5, 4))
    words = emoji_words.weighted_words(few, "en", SHOWN)
    np.testing.assert_allclose(np.linalg.norm(words, axis=1), 1)
    wanted = features[:, SHOWN].mean(axis=0)
    held_to = emoji_words.RIDGE * np.eye(words.shape[1])
    a = np.linalg.solve(words[SHOWN].T @ words[SHOWN] + held_to, words[SHOWN].T @ wanted)
    expected = words[HELD] @ a
    found = emoji_words.closed_form(features, words, SHOWN, HELD)
    for design, cosines in zip(features, found, strict=True):
        for row, i in zip(cosines, HELD, strict=True):
            for value, text in zip(row, expected, strict=True):
                norms = np.linalg.norm(design[i]) * np.linalg.norm(text)
                assert value == pytest.approx(design[i] @ text / norms)


def test_words_of_held_out_emoji_alone_do_not_count(few):
    words = emoji_words.weighted_words(few, "fr", np.array([0, 1]))
    assert words.shape[1] == 3  # blue, heart, red
    assert not words[3, [1, 2]].any()  # "blue car" has blue alone
    assert words[3, 0] == 1


def test_nothing_held_out_is_shown_and_ranks_are_counted():
    shown, held = emoji_words.split(1000, 3)
    assert sorted([*shown, *held]) == list(range(1000))
    assert len(held) == emoji_words.HELD_OUT
    scores = np.array([[3.0, 1, 2], [3, 2, 1], [0, 1, 2]])
    assert emoji_words.ranks(scores) == {"R@1": 2 / 3, "R@5": 1.0}
    assert emoji_words.letters("Big cat") == "emoji big 0_big 0big_ cat 0_cat 0cat_"


def test_groups_learned_in_turn_are_those_learned_at_once():
    rng = np.random.default_rng(0)
    told, new = rng.normal(size=(3, 9, 5)), rng.normal(size=(9, 5))
    tasks = [np.array([0, 4, 5]), np.array([1, 2]), np.array([3, 6, 7, 8])]
    table, difference, _ = emoji_groups.analytic_table(told, new, tasks)
    assert table.shape == (3, 3)
    assert difference < 1e-8
    np.testing.assert_allclose(table[0, 1:], [1 / 2, 1 / 4])  # unlearned: the first of equals


def test_only_classes_of_the_group_compete():
    scores = np.eye(4)
    scores[0, 3] = 9
    tasks = [np.array([0, 1]), np.array([2, 3])]
    assert emoji_groups.right(scores, tasks) == [1.0, 1.0]


def test_figures_of_several_seeds_come_with_their_mean_and_its_error():
    seeds = [{"last": v, "of each": {"Flags": 2 * v}} for v in (0.1, 0.2, 0.6)]
    found = emoji_groups.over_seeds(seeds)
    # Deviations -.2, -.1, .3 of the mean .3: variance .14 / 2, of the mean .14 / 6.
    assert found["last"] == pytest.approx([0.3, (0.14 / 6) ** 0.5])
    assert found["of each"]["Flags"] == pytest.approx([0.6, 2 * (0.14 / 6) ** 0.5])
    assert emoji_groups.over_seeds(seeds[:1]) == {}
