"""One birth under two names, cut otherwise or at another rate; births that are not the same."""

import numpy as np
import pytest

from tests.toolbox.fetal_heart_rate.test_recordings import write
from toolbox import InputError, fetal_heart_rates, load_ctg
from toolbox.fetal_heart_rate.recordings.same_births import same_births

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")


def mean_of(x, k):
    frames = x[: len(x) // k * k].reshape(-1, k)
    there = (~np.isnan(frames)).sum(axis=1)
    return np.where(there, np.nansum(frames, axis=1) / np.maximum(there, 1), np.nan)


def at(x, rate, other):
    """Return a signal at another rate, between its samples on a line."""
    return np.interp(np.arange(0, len(x) / rate - 1, 1 / other), np.arange(len(x)) / rate, x)


OTHERWISE = {
    "every second sample": lambda x: (x[1::2], 2),
    "means of two": lambda x: (mean_of(x, 2), 2),
    "means of a second": lambda x: (mean_of(x, 4), 1),
    "2.5 samples a second": lambda x: (at(x, 4, 2.5), 2.5),
    "begun 10.75 minutes later": lambda x: (x[43 * 60 :], 4),
    "12 minutes from the middle": lambda x: (x[40 * 61 : 40 * 61 + 48 * 60], 4),
    "cut, and every second sample": lambda x: (x[4001:9003:2], 2),
    "whole beats": lambda x: (np.round(x[7:]), 4),
}


@pytest.fixture(scope="module")
def signals():
    found = fetal_heart_rates(n=12, minutes=40, rate=4, acidotic=0.3, loss=0.05, seed=8)
    return [np.asarray(x) for x in found.heart_rate]


@pytest.mark.parametrize("how", OTHERWISE)
def test_a_birth_is_known_however_it_was_cut_or_sampled(signals, how):
    other, rate = OTHERWISE[how](signals[3])
    rates = [4.0] * len(signals)
    assert same_births([*signals, other], [*rates, rate]) == [(3, 12)]
    assert same_births([other, *signals], [rate, *rates]) == [(0, 4)]


def test_births_that_are_not_the_same_are_not_taken_for_it(signals):
    assert same_births(signals, [4.0] * len(signals)) == []
    rng = np.random.default_rng(0)
    frozen = np.full(9600, 140.0)
    ramps = [np.repeat(rng.integers(120, 160, 40), 240).astype(float) for _ in range(6)]
    falls = [140 - 40 * (np.arange(9600) % period < 300) for period in (900, 900, 1200)]
    lost = np.full(9600, np.nan)
    odd = [frozen, frozen, lost, lost[:1], *ramps, *falls]
    assert same_births(odd, [4.0] * len(odd)) == []


@pytest.mark.long
def test_of_552_births_none_is_taken_for_another():
    """1.5 * 10^5 pairs, whose closest five minutes have a correlation far below the bar."""
    found = fetal_heart_rates(n=552, minutes=90, rate=4, acidotic=0.08, loss=0.1, seed=3)
    rng = np.random.default_rng(0)
    cut = [x[: len(x) - rng.integers(7200)] for x in found.heart_rate]
    assert same_births(cut, [4.0] * 552) == []
    half = [*cut[:-1], cut[17][801::2]]
    assert same_births(half, [4.0] * 551 + [2.0]) == [(17, 551)]


def test_they_are_one_subject_whom_no_table_parts(tmp_path, signals):
    samples = [np.nan_to_num(np.stack([x, x], 1) * 100).astype(int) for x in signals[:2]]
    write(tmp_path, "a", samples=samples[0], comments=["pH 7.1"])
    write(tmp_path, "b", samples=samples[1], comments=["pH 7.2"])
    write(tmp_path, "c", samples=samples[0][5::2], fs=2, comments=["pH 7.1"])
    found = load_ctg(tmp_path)
    assert found.units.tolist() == ["a", "b", "a"]
    assert "the same heart rates, cut otherwise or at another rate, in a and c" in found.note
    assert "two pH" not in found.note
    write(tmp_path, "c", samples=samples[0][5::2], fs=2, comments=["pH 6.9"])
    assert "one birth with two pH in a (7.1) and c (6.9)" in load_ctg(tmp_path).note
    table = tmp_path / "subjects.csv"
    table.write_text("name,subject\na,A\nc,C\n")
    with pytest.raises(
        InputError, match=r"one subject for recordings that hold the same .*A and C"
    ):
        load_ctg(tmp_path, subjects=table)
