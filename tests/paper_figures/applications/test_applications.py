"""The figures of the applications in a tiny setting, and their claims on planted numbers."""

import numpy as np
import pytest

from paper_figures import __main__ as command
from paper_figures.applications import births, fetal_evaluation, fetal_retraining, papers_expert
from paper_figures.applications.fetal_evaluation import CASES, forest
from tests.paper_figures.tiny_results import Computed
from toolbox import InputError, fetal_heart_rates

SCRIPTS = (fetal_evaluation, fetal_retraining, papers_expert)
COMPUTED = Computed()


@pytest.mark.long
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.__name__.rsplit(".", 1)[-1])
def test_a_figure_is_drawn_and_speaks_of_its_numbers(script, tmp_path):
    results = COMPUTED[script]
    found = script.numbers(results)
    figure = script.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    assert figure.get_suptitle() == script.verdict(found)
    assert script.verdict(found) in script.table(found)
    assert all(isinstance(holds, bool) for holds in script.claims(found).values())


def evaluated(*, coverage=0.95, leak=0.98, ours=0.5, of_best=0.97):
    """Return results of known coverage, AUCs on noise, and share of the best."""
    worlds = 200
    intervals = np.tile([0.85, 0.8, 0.9], (len(CASES), worlds, 1))
    intervals[:, : round((1 - coverage) * worlds), 1] = 0.86
    told = np.array([[0.85 * of_best, 0.75, 0.9, 0.85, 44]])
    noise = np.array([[leak, ours]])
    return {"source": "simulated", "intervals": intervals, "noise": noise, "told": told}


def test_the_evaluation_counts_what_was_planted():
    found = fetal_evaluation.numbers(evaluated())
    assert found["coverage"] == pytest.approx([0.95] * len(CASES))
    assert found["of_best"] == pytest.approx(0.97)
    assert all(fetal_evaluation.claims(found).values())


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"coverage": 0.9}, "interval over subjects"),
        ({"leak": 0.7}, "copies before"),
        ({"ours": 0.6}, "copies within"),
        ({"of_best": 0.9}, "best possible"),
    ],
)
def test_an_evaluation_that_is_not_so_is_found_out(changes, word):
    claims = fetal_evaluation.claims(fetal_evaluation.numbers(evaluated(**changes)))
    assert [claim for claim, holds in claims.items() if not holds and word in claim]


def test_copies_before_the_folds_find_noise_and_copies_within_do_not():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(150, 5)), (np.arange(150) < 15).astype(int)
    copies = np.r_[np.arange(150), rng.choice(15, 120)]
    assert forest(x[copies], y[copies], 0, copies_within=False) > 0.9
    assert 0.25 < forest(x, y, 0, copies_within=True) < 0.75  # of 15 cases: .5 +- 3 x .08


def retrained(p, ill):
    auc = np.array([0.8, 0.7, 0.9, 0.76, 0.82])
    aucs = np.full(len(p), 0.78)
    return {"votes": p, "ill": ill, "auc": auc, "aucs": aucs, "source": "simulated"}


def test_subjects_are_called_by_their_trainings():
    """Twenty subjects of whom each training calls two: one by all, the other in turns."""
    p = np.tile(np.linspace(0, 0.1, 20), (10, 1))
    p[:, 0] = 0.9
    p[np.arange(10), 1 + np.arange(10) % 5] = 0.8
    found = fetal_retraining.numbers(retrained(p, np.arange(20) < 2))
    assert (found["called_by_all"], found["called_by_any"], found["open"]) == (1, 6, 5)
    assert all(fetal_retraining.claims(found).values())
    same = fetal_retraining.numbers(retrained(np.tile(p[:1], (10, 1)), np.arange(20) < 2))
    assert not all(fetal_retraining.claims(same).values())


def judged(*, chosen=1.0, at_random=0.5, false=0.04):
    """Return curves that are straight lines, and audits of which a share certifies falsely."""
    heights = {"alike": chosen, "uncertain": 0.7, "random": at_random}
    curves = [np.linspace(0, heights[way], 21) for way in papers_expert.WAYS]
    stops = np.full((4, 200), -1)
    stops[0], stops[3, : round(200 * false)] = 22, 50
    agreement = np.array(curves)[None]
    source = {"source": "simulated", "asked": 10 * np.arange(21)}
    return source | {"agreement": agreement, "stops": stops}


def test_pairs_and_audits_are_counted():
    found = papers_expert.numbers(judged())
    assert found["needed"] == {"alike": 100.0, "uncertain": 150.0, "random": 200.0}
    assert found["share"] == 0.5
    assert found["certified"] == [1.0, 0.0, 0.0, 0.04]
    assert all(papers_expert.claims(found).values())


@pytest.mark.parametrize(
    ("changes", "word"), [({"chosen": 0.6}, "60 %"), ({"false": 0.2}, "one stranger too many")]
)
def test_a_claim_about_papers_that_is_not_so_is_found_out(changes, word):
    claims = papers_expert.claims(papers_expert.numbers(judged(**changes)))
    assert [claim for claim, holds in claims.items() if not holds and word in claim]


def test_a_users_recordings_take_the_place_of_simulated_ones(tmp_path):
    fetal_heart_rates(n=24, minutes=10, rate=1, acidotic=0.5, loss=0.0, seed=1).write(tmp_path)
    of = births.births({"records": str(tmp_path)}, seed=0)
    assert of["x"].shape == (24, len(births.NAMES))
    assert of["y"].sum() == 12
    assert "severity" not in of
    for file in tmp_path.glob("10[12]*"):
        file.unlink()
    with pytest.raises(InputError, match="records: wanted at least 10 subjects"):
        births.births({"records": str(tmp_path)}, seed=0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rare_class", "--records", "x"], "wanted fetal_evaluation or fetal_retraining alone"),
        (["fetal_evaluation", "--images", "x"], "or papers_expert alone with --images"),
        (["--check", "--records", "x"], "no files of your own"),
    ],
)
def test_files_of_another_kind_are_refused(words, said, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(words)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err
