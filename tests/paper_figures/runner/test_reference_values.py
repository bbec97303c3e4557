"""Figures beside their reference: what is compared, accepted, and within which tolerance."""

import fnmatch
import json

import numpy as np
import pytest

from paper_figures import __main__ as command
from paper_figures.runner import reference_values


def test_check_fails_without_a_reference_and_passes_with_one(make, capsys):
    assert make("--check") == 1
    assert "cubic_toy: not as its reference: it has no reference" in capsys.readouterr().err
    assert make("--accept") == 0
    assert make("--check") == 0
    assert "cubic_toy: the same arrays" in capsys.readouterr().out


def test_a_claim_that_fails_fails_the_check(make, scripts, capsys):
    make("--accept")
    scripts["cubic_toy"].holds = False
    assert make("--check", out="other") == 1
    assert "cubic_toy: does not hold: it is large" in capsys.readouterr().err
    assert make("--check", out="other") == 1  # unchanged, and no better


def test_what_does_not_hold_is_not_accepted(make, scripts, tmp_path):
    scripts["cubic_toy"].holds = False
    assert make("--accept") == 1
    assert not (tmp_path / "reference.json").exists()


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (lambda v: v + 0.05, 0, "cubic_toy: within tolerance of the reference"),
        (lambda v: v + 0.2, 1, "cubic_toy: not as its reference: values: mean 3.7, wanted 3.5"),
        (lambda v: v * 1.2, 1, "sd"),
        (lambda v: v[:-1], 1, "7 values (0), wanted 8 values (0 not finite)"),
        (lambda v: np.r_[v[:-1], np.nan], 1, "8 values (1)"),
    ],
)
def test_arrays_are_compared_within_tolerance(make, scripts, capsys, change, status, said):
    make("--accept")
    scripts["cubic_toy"].values = change(scripts["cubic_toy"].values)
    assert make("--check", out="other", cache="other cache") == status
    printed = capsys.readouterr()
    assert said in printed.out + printed.err
    if status == 0:  # pixels only warn
        assert "cubic_toy: other pixels than the reference's (a warning)" in printed.err


def test_a_stated_tolerance_is_kept(make, scripts, tmp_path):
    make("--accept")
    known = json.loads((tmp_path / "reference.json").read_text())
    known["cubic_toy"]["tolerance"] = 1.0
    (tmp_path / "reference.json").write_text(json.dumps(known))
    scripts["cubic_toy"].values = scripts["cubic_toy"].values + 0.5
    assert make("--check", out="other", cache="other cache") == 0
    assert make("--accept", out="other", cache="other cache") == 0
    known = json.loads((tmp_path / "reference.json").read_text())
    assert known["cubic_toy"]["tolerance"] == 1.0
    assert known["cubic_toy"]["summary"]["values"]["mean"] == 4.0


def test_a_tolerance_stated_for_one_group_is_its_own_alone_and_kept(make, scripts, tmp_path):
    make("--accept")
    place = tmp_path / "reference.json"
    known = json.loads(place.read_text())
    known["cubic_toy"]["tolerances"] = {"another": 1.0}
    place.write_text(json.dumps(known))
    scripts["cubic_toy"].values = scripts["cubic_toy"].values + 0.5
    assert make("--check", out="other", cache="other cache") == 1
    known["cubic_toy"]["tolerances"] = {"values": 1.0}
    place.write_text(json.dumps(known))
    assert make("--check", out="other", cache="other cache") == 0
    assert make("--accept", out="other", cache="other cache") == 0
    kept = json.loads(place.read_text())["cubic_toy"]
    assert (kept["tolerance"], kept["tolerances"]) == (0.05, {"values": 1.0})


def test_the_tolerance_of_one_value_is_a_share_of_it():
    old = {"count": 1, "not_finite": 0, "mean": 2.0, "sd": 0.0}
    stated = {"tolerances": {"*/made": 0.1}, "arrays": "", "summary": {"a/made": old, "b": old}}

    def told(name, mean):
        summary = {"a/made": old, "b": old} | {name: old | {"mean": mean}}
        return reference_values.differences({"arrays": "other", "summary": summary}, stated)

    assert told("a/made", 2.19) == told("a/made", 1.81) == []
    assert told("a/made", 2.21) == ["a/made: mean 2.21, wanted 2 within 0.2"]
    assert told("b", 2.01) == ["b: mean 2.01, wanted 2 within 2e-05"]


def test_a_tolerance_is_stated_for_groups_that_there_are():
    for name, entry in reference_values.load().items():
        for pattern in entry.get("tolerances", {}):
            assert fnmatch.filter(entry["summary"], pattern), (name, pattern)


def test_references_are_of_figures_that_there_are():
    assert set(reference_values.load()) <= set(command.FIGURES)
