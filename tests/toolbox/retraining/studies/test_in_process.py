"""Training repeated from scratch: streams, engines, runs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.toolbox.retraining.compiled_members import descent
from toolbox import InputError, restore, retrain, save
from toolbox.core.streams import generator, numpy_generator, stream_key
from toolbox.retraining.studies.study import STREAMS, stream_names


def draws(streams, data):
    return {name: numpy_generator(key).normal(size=2) for name, key in streams.items()}


X = {"x": np.linspace(-1, 1, 7, dtype=np.float32)}


@pytest.mark.parametrize("engine", ["map", "loop"])
def test_member_three_is_the_same_whether_5_or_12_are_trained(engine):
    few = retrain(descent, X, members=5, seed=1, engine=engine)
    many = retrain(descent, X, members=12, seed=1, engine=engine)
    np.testing.assert_array_equal(few.outputs["w"], many.outputs["w"][:5])
    np.testing.assert_array_equal(few.streams, many.streams[:5])


def test_map_is_loop_and_the_member_alone_bit_for_bit():
    mapped = retrain(descent, X, members=9, seed=3)
    looped = retrain(descent, X, members=9, seed=3, engine="loop")
    np.testing.assert_array_equal(mapped.outputs["w"], looped.outputs["w"])
    for number in (0, 4, 8):
        streams = dict(zip(STREAMS, mapped.streams[number], strict=True))
        alone = descent({k: jnp.asarray(v) for k, v in streams.items()}, X)
        np.testing.assert_array_equal(alone["w"], mapped.outputs["w"][number])


def test_float64_data_are_trained_in_float64_and_nothing_global_changes():
    before = jax.config.jax_enable_x64
    data = {"x": X["x"].astype(np.float64)}
    runs = retrain(descent, data, members=3, seed=3)
    assert runs.outputs["w"].dtype == np.float64
    assert jax.config.jax_enable_x64 == before
    assert retrain(descent, X, members=1, seed=3).outputs["w"].dtype == np.float32


@pytest.mark.parametrize("redraw", [("init",), ("order", "resample"), (), "dropout"])
def test_only_the_redrawn_streams_differ(redraw):
    runs = retrain(draws, {}, members=4, seed=0, redraw=redraw)
    assert runs.redrawn == stream_names(redraw)
    for name, values in runs.outputs.items():
        distinct = len(np.unique(values, axis=0))
        assert distinct == (4 if name in runs.redrawn else 1)


def test_redrawing_one_stream_more_leaves_the_others_as_they_were():
    one = retrain(draws, {}, members=4, seed=0, redraw=("init",))
    two = retrain(draws, {}, members=4, seed=0, redraw=("init", "order"))
    np.testing.assert_array_equal(one.outputs["init"], two.outputs["init"])
    np.testing.assert_array_equal(one.outputs["resample"], two.outputs["resample"])


def test_a_crossed_design_has_every_combination_once():
    runs = retrain(draws, {}, seed=0, redraw={"order": 3, "init": 2})
    assert runs.redrawn == ("init", "order")
    levels = [(i, o, 0, 0, 0) for i in range(2) for o in range(3)]
    np.testing.assert_array_equal(runs.design, levels)
    for column, name in enumerate(STREAMS):
        values = runs.outputs[name]
        assert len(np.unique(values, axis=0)) == len(np.unique(runs.design[:, column]))
        for level in np.unique(runs.design[:, column]):
            same = values[runs.design[:, column] == level]
            np.testing.assert_array_equal(same, same[:1].repeat(len(same), axis=0))


def test_a_level_is_the_same_in_every_design():
    crossed = retrain(draws, {}, seed=0, redraw={"init": 3, "order": 2})
    plain = retrain(draws, {}, members=3, seed=0)
    for column, name in enumerate(STREAMS[:2]):
        levels = crossed.design[:, column]
        np.testing.assert_array_equal(crossed.outputs[name], plain.outputs[name][levels])
    np.testing.assert_array_equal(plain.design[:, :2], np.arange(3)[:, None].repeat(2, axis=1))
    assert not plain.design[:, 2:].any()


def test_one_level_is_nothing_redrawn():
    runs = retrain(draws, {}, seed=0, members=2, redraw={"init": 2, "order": 1})
    assert runs.redrawn == ("init",)
    named = retrain(draws, {}, seed=0, members=2, redraw=("init",))
    np.testing.assert_array_equal(runs.streams, named.streams)


def test_streams_have_the_documented_keys():
    runs = retrain(draws, {}, members=2, seed=5, redraw=("init",))
    np.testing.assert_array_equal(runs.streams[1, 0], stream_key(5, "member", 1, "init"))
    np.testing.assert_array_equal(runs.streams[1, 1], stream_key(5, "shared", "order"))


def test_numpy_generators_of_different_keys_differ_and_repeat():
    keys = [stream_key(0, "a"), stream_key(0, "b")]
    first = [numpy_generator(k).normal() for k in keys]
    assert first == [numpy_generator(k).normal() for k in keys]
    assert first[0] != first[1]


def test_diverged_members_are_kept_and_flagged_never_redrawn():
    def member(streams, data):
        value = numpy_generator(streams["init"]).random()
        return {"value": np.nan if value < 0.4 else value, "diverged": value > 0.9}

    runs = retrain(member, {}, members=60, seed=0)
    truth = [generator_value(key) for key in runs.streams[:, 0]]
    expected = [v < 0.4 or v > 0.9 for v in truth]
    np.testing.assert_array_equal(runs.diverged, expected)
    assert 0 < runs.diverged.sum() < 60
    assert set(runs.outputs) == {"value"}
    np.testing.assert_array_equal(runs.ids, np.arange(60))


def generator_value(key):
    return numpy_generator(key).random()


def test_predict_stacks_the_survivors():
    def member(streams, data):
        value = numpy_generator(streams["init"]).random()
        return {"slope": np.inf if value < 0.5 else value}

    runs = retrain(member, {}, members=10, seed=0)
    predicted = runs.predict(lambda out, x: out["slope"] * x, np.arange(3.0))
    slopes = runs.outputs["slope"][~runs.diverged]
    np.testing.assert_array_equal(predicted, slopes[:, None] * np.arange(3.0))


def test_in_sample_has_its_own_field():
    def member(streams, data):
        chosen = numpy_generator(streams["resample"]).integers(5, size=5)
        return {"mean": data[0][chosen].mean(), "in_sample": np.isin(np.arange(5), chosen)}

    runs = retrain(member, (np.arange(5.0),), members=3, seed=0, redraw=("resample",))
    assert runs.in_sample.shape == (3, 5)
    assert runs.in_sample.dtype == bool
    assert not runs.diverged.any()
    assert retrain(draws, {}, members=2, seed=0).in_sample.shape == (2, 0)


def test_runs_are_saved_and_restored(tmp_path):
    runs = retrain(descent, X, members=2, seed=0)
    save(runs, tmp_path / "runs.npz")
    back = restore(tmp_path / "runs.npz")
    np.testing.assert_array_equal(back.outputs["w"], runs.outputs["w"])
    assert back.redrawn == ("init", "order")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"members": 0}, "members"),
        ({"members": 2.5}, "members"),
        ({"engine": "vmap"}, "engine"),
        ({"engine": "map"}, "engine"),
        ({"redraw": ("init", "weather")}, "redraw"),
        ({"members": None}, "members"),
        ({"redraw": {"init": 7}}, "members"),
        ({"redraw": {"init": 2, "weather": 2}}, "redraw"),
        ({"redraw": {"init": 0}}, "redraw"),
        ({"redraw": {"init": 1.5}}, "redraw"),
        ({"engine": "dask"}, "store"),
        ({"engine": "prepare"}, "store"),
        ({"workers": 2}, "workers"),
        ({"engine": "processes", "workers": 0}, "workers"),
        ({"engine": "processes", "workers": "tcp://here:1"}, "workers"),
        ({"store": 7}, "store"),
        ({"store": "/no/such/place"}, "store"),
        ({"seed": -1}, "seed"),
        ({"member": "no function"}, "member"),
        ({"member": lambda streams, data: np.zeros(3)}, "member"),
        ({"member": lambda streams, data: {}}, "member"),
        ({"member": lambda streams, data: {"a": ["text"]}}, "member"),
        ({"data": 3}, "data"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, name):
    call = {"member": draws, "data": {}, "members": 2, "seed": 0} | change
    with pytest.raises(InputError, match=f"^{name}:"):
        retrain(call.pop("member"), call.pop("data"), **call)


def test_shapes_that_differ_between_members_are_refused():
    def member(streams, data):
        return {"a": np.zeros(1 + int(numpy_generator(streams["init"]).integers(9)))}

    with pytest.raises(InputError, match=r"^member: wanted outputs"):
        retrain(member, {}, members=9, seed=0)


def test_a_torch_member_runs_in_the_loop():
    import torch

    def member(streams, data):
        own = torch.Generator().manual_seed(int(streams["init"].view(np.uint64)[0] >> 1))
        return {"w": torch.randn(2, generator=own)}

    runs = retrain(member, {}, members=3, seed=0)
    assert len(np.unique(runs.outputs["w"], axis=0)) == 3


def test_whole_numbers_may_be_floats():
    a = retrain(draws, {}, members=2.0, seed=1.0)
    b = retrain(draws, {}, members=2, seed=1)
    np.testing.assert_array_equal(a.outputs["init"], b.outputs["init"])


def test_streams_of_the_seed_generator_and_member_keys_are_unrelated():
    a = generator(0, "member", 0, "init").random(1000)
    b = numpy_generator(stream_key(0, "member", 1, "init")).random(1000)
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(1000)
