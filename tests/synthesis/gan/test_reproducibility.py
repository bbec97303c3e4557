"""The report on trainings: what it measures, what it counts, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

import toolbox
from synthesis import gan_member, gan_reproducibility, gan_samples, quality
from synthesis.gan import reproducibility as module
from synthesis.gan.scale_curves import scale_statistics
from toolbox import retrain
from toolbox.core.streams import integer
from toolbox.core.units import ASSUMED

SMALL = {"epochs": 3, "filters": 2, "latent": 4, "batch": 8}
LAW = {"hurst": [0.5, 0.7], "intermittency": 0.03, "noise_correlation": 0.4}
LAW |= {"multifractal_correlation": 0.5}


def model(n, seed=0, size=32):
    return toolbox.multivariate_field((size, size), n=n, seed=seed, **LAW).values


def trained(**options):
    settings = {"members": 5, "seed": 0, "progress": False} | options
    return retrain(gan_member(**SMALL), {"fields": model(16)}, **settings)


@pytest.fixture(scope="module")
def runs():
    return trained()


@pytest.fixture(scope="module")
def reference():
    return model(10, seed=1)


@pytest.fixture(scope="module")
def report(runs, reference):
    return gan_reproducibility(runs, reference, seed=3, resamples=119)


def test_each_training_has_the_index_of_its_samples(runs, reference, report):
    samples = gan_samples(runs, n=10, seed=3)
    for row in range(5):
        seed = integer(3, "gan_reproducibility", row)
        made = quality(samples[row], reference, dim=2, seed=seed, resamples=119)
        assert report.index[row] == pytest.approx(made.index)
        assert report.p_value[row] == made.p_value
        assert report.spread_ratio[row] == pytest.approx(made.spread_ratio)


def test_the_summary_is_of_all_trainings(report):
    ordered = np.sort(report.index)
    assert (report.best, report.median, report.worst) == (ordered[0], ordered[2], ordered[4])
    assert report.spread == pytest.approx(ordered[3] - ordered[1])
    assert report.note == ASSUMED


def test_the_declared_index_is_related_as_spearman_says(runs, reference):
    name = "generator_loss_median"
    found = gan_reproducibility(runs, reference, seed=3, declared=name, resamples=120)
    told = found.a_priori
    column = told.training_indices[:, told.training_index_names.index(name)]
    assert column == pytest.approx(np.median(runs.outputs["generator_loss"], axis=1))
    assert told.rank_correlation == pytest.approx(spearmanr(column, found.index).statistic)
    assert told.declared == name
    # All 120 orders of five trainings were taken: the p-value is a multiple of 1/120.
    assert told.rank_p_value * 120 == pytest.approx(round(told.rank_p_value * 120))
    assert told.skill_p_value * 120 == pytest.approx(round(told.skill_p_value * 120))


def test_statistics_are_the_means_over_samples(runs, reference, report):
    own, names = scale_statistics(reference)
    assert report.curves.statistic_names == names
    assert report.curves.model == pytest.approx(own.mean(axis=0), nan_ok=True)
    assert report.curves.model_spread == pytest.approx(own.std(axis=0, ddof=1), nan_ok=True)
    samples = gan_samples(runs, n=10, seed=3)
    expected = scale_statistics(samples[2])[0].mean(axis=0)
    assert report.curves.statistics[2] == pytest.approx(expected, nan_ok=True)


@pytest.mark.long
def test_a_perfect_generator_has_an_index_near_1(runs, monkeypatch):
    """In place of generators, the model itself: the index is that of two sets of one law."""

    def from_the_model(runs, row, *, n, seed, device):
        return model(n, seed=100 + row)

    monkeypatch.setattr(module, "samples_of", from_the_model)
    many = replace(runs, **repeated(runs, 20))
    found = gan_reproducibility(many, model(40, seed=1), seed=3, resamples=39)
    assert 0.7 < found.median < 1.4  # the sd of one index at n = 40 is about .15
    assert (found.p_value <= 0.05).mean() < 0.3
    assert np.all(np.abs(found.spread_ratio - 1) < 0.5)


def repeated(runs, times):
    """Return the fields of runs with some trainings repeated, as if they were further ones."""
    rows = np.arange(times) % len(runs.ids)
    outputs = {name: values[rows] for name, values in runs.outputs.items()}
    design = np.tile(np.arange(times)[:, None], (1, 5))
    return {"outputs": outputs, "ids": np.arange(times), "diverged": np.zeros(times, bool)} | {
        "design": design,
        "streams": runs.streams[rows],
        "in_sample": np.zeros((times, 0), bool),
    }


def test_failed_trainings_count_as_the_worst(runs, reference, report):
    outputs = {name: values.copy() for name, values in runs.outputs.items()}
    outputs["generator_loss"][1] = np.nan
    outputs["generator.10.weight"][3] = 0  # all samples are constant
    diverged = np.arange(5) == 1
    broken = replace(runs, outputs=outputs, diverged=diverged)
    found = gan_reproducibility(broken, reference, seed=3, resamples=119)
    assert np.isinf(found.index).tolist() == [False, True, False, True, False]
    assert found.worst == np.inf
    assert found.spread == np.inf
    assert found.best == np.min(report.index[[0, 2, 4]])
    assert found.median == np.max(report.index[[0, 2, 4]])
    assert np.isnan(found.curves.statistics[3]).all()
    assert "2 of 5 trainings failed" in found.note
    assert "3 trainings are too few for a p-value below 0.05" in found.note
    kept = [0, 2, 4]
    told = found.a_priori
    column = told.training_indices[kept, told.training_index_names.index(told.declared)]
    expected = spearmanr(column, found.index[kept]).statistic
    assert told.rank_correlation == pytest.approx(expected)
    by_training, relation = found.plot().axes[2:]
    assert by_training.get_title().endswith("worst inf, 2 failed")
    places = [line.get_xdata()[0] for line in by_training.lines if line.get_linestyle() == ":"]
    assert places == [3, 4]  # after the three that did not fail
    np.testing.assert_array_equal(
        relation.lines[0].get_ydata(), np.where(np.isin(range(5), kept), found.index, np.nan)
    )


def test_a_crossed_design_has_no_p_values(reference):
    crossed = trained(members=None, redraw={"init": 2, "order": 2})
    found = gan_reproducibility(crossed, reference, seed=3, resamples=19)
    told = found.a_priori
    assert np.isnan([told.rank_p_value, told.skill_p_value, *told.rank_interval]).all()
    assert np.isfinite(told.rank_correlation)
    assert "crossed design" in found.note


def test_what_was_not_redrawn_is_said(reference):
    found = gan_reproducibility(
        trained(members=2, redraw=("order", "resample")), reference, seed=3, resamples=19
    )
    assert "init shared by all trainings" in found.note
    assert "the trainings draw no bootstrap" in found.note


def test_one_component_and_units_of_the_reference(reference):
    single = {"fields": model(16)[:, 0]}
    runs = retrain(gan_member(**SMALL), single, members=2, seed=0, progress=False)
    units = np.repeat(np.arange(5), 2)
    found = gan_reproducibility(runs, reference[:, 0], seed=0, reference_units=units, resamples=19)
    assert found.curves.statistic_names == ("log2_S2[0]", "C1[0]", "C2[0]")
    assert np.isfinite(found.index).all()


def test_the_picture_shows_statistics_indices_and_their_relation(report):
    energies, cumulants, by_training, relation = report.plot().axes
    bold = [line for line in energies.lines if line.get_marker() == "o"]
    assert [line.get_label() for line in bold] == ["log2_S2[0]", "log2_S2[1]"]
    for line, expected in zip(bold, report.curves.model[:2], strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected)
    thin = [line.get_ydata() for line in energies.lines if line.get_marker() != "o"]
    np.testing.assert_array_equal(
        thin, report.curves.statistics[:, :2].swapaxes(0, 1).reshape(10, -1)
    )
    names = [line.get_label() for line in cumulants.lines if line.get_marker() == "o"]
    assert names == ["C1[0]", "C1[1]", "C2[0]", "C2[1]", "C11[0,1]"]
    np.testing.assert_array_equal(by_training.lines[0].get_ydata(), np.sort(report.index))
    assert by_training.get_title().startswith(f"median {report.median:.3g}, worst")
    place = report.a_priori.training_index_names.index(report.a_priori.declared)
    x, y = relation.lines[0].get_data()
    np.testing.assert_array_equal(x, report.a_priori.training_indices[:, place])
    np.testing.assert_array_equal(y, report.index)
    assert relation.get_title().startswith(f"Spearman {report.a_priori.rank_correlation:.2f} [")


def test_it_is_kept_and_restored(report, tmp_path):
    toolbox.save(report, tmp_path / "report.npz")
    again = toolbox.restore(tmp_path / "report.npz")
    assert np.array_equal(again.index, report.index)
    assert again.note == report.note


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a | {"runs": None}, "runs: wanted what toolbox.retrain returned"),
        (lambda a: a | {"reference": a["reference"][:, :1]}, "reference: wanted at least two"),
        (lambda a: a | {"reference": model(4, size=64)}, "reference: wanted at least two fields"),
        (lambda a: a | {"reference": a["reference"][:1]}, "reference: wanted at least two fields"),
        (lambda a: a | {"n": 1}, "n: wanted a whole number >= 2"),
        (lambda a: a | {"reference": a["reference"][:2]}, "n: wanted a whole number >= 3, got 2"),
        (lambda a: a | {"declared": "loss"}, "declared: wanted one of"),
        (lambda a: a | {"reference_units": [1, 2]}, "reference_units: wanted"),
    ],
)
def test_nonsense_is_refused_by_name(runs, reference, change, said):
    arguments = change({"runs": runs, "reference": reference})
    with pytest.raises(toolbox.InputError) as caught:
        gan_reproducibility(**arguments, seed=0)
    assert str(caught.value).startswith(said)


def test_runs_of_too_few_or_none_that_survived_are_refused(runs, reference):
    with pytest.raises(toolbox.InputError, match=r"^runs: wanted at least two trainings, got 1"):
        gan_reproducibility(trained(members=1), reference, seed=0)
    none = replace(runs, diverged=np.ones(5, bool))
    with pytest.raises(toolbox.InputError, match=r"^runs: wanted a training that did not diverge"):
        gan_reproducibility(none, reference, seed=0)


# ------------------------------------------------------------------------------ scale statistics


def test_scale_statistics_are_those_of_the_definition():
    x = model(3)
    found, names = scale_statistics(x)
    assert found.shape == (3, 7, 4)
    assert np.isnan(found[:, 2:, 3]).all()  # of a coarsest scale no neighbourhood is whole
    assert names == ("log2_S2[0]", "log2_S2[1]", "C1[0]", "C1[1]", "C2[0]", "C2[1]", "C11[0,1]")
    details = toolbox.wavelet_coefficients(x, dim=2, wavelet="db1").details
    assert found[1, 1, 2] == pytest.approx(np.log2(np.mean(details[2][1, 1] ** 2)))
    leaders = toolbox.wavelet_leaders(x, dim=2, wavelet="db1", gamma=0.5).values
    a, b = np.log(leaders[1][1]).reshape(2, -1)
    cross = np.mean((a - a.mean()) * (b - b.mean()))
    assert found[1, 2:, 1] == pytest.approx([a.mean(), b.mean(), a.var(), b.var(), cross])


def test_structure_functions_have_the_slope_of_the_model():
    found, names = scale_statistics(model(60, size=64))
    energy = found[:, :2].mean(axis=0)
    slopes = np.diff(energy[:, 1:4], axis=1).mean(axis=1)
    # S(j, 2) ~ 2^(j zeta(2)), zeta(2) = 2 c1 + 2 c2 = 2 H with c1 = H + lambda^2, c2 = -lambda^2
    assert slopes == pytest.approx([2 * 0.5, 2 * 0.7], abs=0.25)
    assert names[0] == "log2_S2[0]"


def test_a_constant_image_has_statistics_of_the_smallest_numbers():
    found, names = scale_statistics(np.zeros((2, 2, 32, 32)))
    tiny = np.finfo(np.float64).tiny  # the smallest square, of the smallest standard deviation
    smallest = {"log2_S2": np.log2(tiny), "C1": np.log(tiny) / 2, "C2": 0, "C11": 0}
    for name, values in zip(names, found[..., 0].T, strict=True):
        np.testing.assert_allclose(values, smallest[name.partition("[")[0]], atol=1e-9)
