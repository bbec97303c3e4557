"""Numbers that a text quotes: each with its interval and origin, under names that LaTeX takes."""

import json
import re

import pytest

from paper_figures.runner.quoted_numbers import (
    macro_name,
    numbers_json,
    numbers_tex,
    quoted,
    written,
)

NUMBERS = {
    "arms": {"gated, λ = 0.05": {"value": 0.75, "low": 0.7, "high": 0.8, "draws": [0.7, 0.8]}},
    "control": {"mean": 1.0, "standard_error": 0.1, "sets": 20},
    "level": {"share": 0.05, "low": 0.01, "high": 0.09, "pairs": 300},
    "unknown": {"value": 0.5, "low": None, "high": None},
    "truth": [0.5, -0.025],
    "long": list(range(100)),
    "missing": None,
    "words": "no number",
    "holds": True,
}
FIGURES = {"some_figure": {"mode": "quick", "key": "abc", "numbers": NUMBERS}}


def test_every_number_is_there_with_what_is_known_of_it():
    found = quoted(NUMBERS)
    assert found["arms.gated, λ = 0.05.value"] == {"value": 0.75, "low": 0.7, "high": 0.8}
    assert found["control.mean"] == {"value": 1.0, "standard_error": 0.1}
    assert found["level.share"]["high"] == 0.09
    assert found["level.pairs"] == {"value": 300}
    assert found["unknown.value"] == {"value": 0.5}
    assert found["truth.1"] == {"value": -0.025}
    assert found["arms.gated, λ = 0.05.draws.0"] == {"value": 0.7}
    assert not any(name.startswith(("long", "missing", "words", "holds")) for name in found)
    assert json.loads(numbers_json(FIGURES))["some_figure"]["numbers"] == found


def test_macros_are_letters_alone_and_each_is_defined_once():
    text = numbers_tex(FIGURES)
    names = re.findall(r"\\newcommand\{\\(.*?)\}\{", text)
    assert all(re.fullmatch("[A-Za-z]+", name) for name in names)
    assert len(set(names)) == len(names)
    assert r"\newcommand{\someFigureControlMean}{1} % control.mean" in text
    assert r"\newcommand{\someFigureControlMeanError}{0.1}" in text
    assert r"\newcommand{\someFigureLevelShareInterval}{[0.01, 0.09]}" in text
    assert "% some_figure, quick mode, key abc" in text
    assert text.isascii()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.b_c", "aBC"),
        ("sizes.19.rank", "sizesOneNineRank"),
        ("labels.0.05.most", "labelsZeroPointZeroFiveMost"),
        ("h.-0.5", "hMinusZeroPointFive"),
        ("p=2, raw", "pTwoRaw"),
    ],
)
def test_names_by_hand(path, name):
    assert macro_name(path) == name


def test_names_that_would_be_the_same_are_told_apart():
    same = {"mode": "quick", "key": "abc", "numbers": {"a b": 1.0, "a_b": 2.0, "aB": 3.0}}
    names = re.findall(r"\\newcommand\{\\(.*?)\}", numbers_tex({"f": same}))
    assert len(set(names)) == 3


def test_numbers_as_latex_sets_them():
    assert written(0.123456) == "0.1235"
    assert written(300) == "300"
    assert written(123456) == "123456"
    assert written(-0.5) == r"\ensuremath{-0.5}"
    assert written(1.25e-9) == r"\ensuremath{1.25\cdot 10^{-9}}"
    assert written(0.0) == "0"
