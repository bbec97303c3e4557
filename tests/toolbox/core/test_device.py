"""Devices and precision: what comes out is NumPy, and no global setting moves."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest

from toolbox.core import device
from toolbox.core.checks import InputError
from toolbox.core.device import block_samples, compute, compute_each, jax_device


@pytest.mark.parametrize("device", ["auto", "cpu", "cpu:0"])
def test_devices_that_are_there(device):
    found = jax_device(device)
    assert found in (jax.devices()[0], jax.devices("cpu")[0])


@pytest.mark.parametrize(
    "device", ["cpu:-1", "cpu:99", "cpu:", "cpu:one", "tricorder", "", 0, None, "cuda:99"]
)
def test_devices_refused(device):
    with pytest.raises(InputError, match=r"^device: "):
        jax_device(device)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_follows_the_arrays(dtype):
    x = np.linspace(0, 1, 7, dtype=dtype)
    result = compute(lambda v: v * v + 1, x)
    assert type(result) is np.ndarray
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, x * x + 1)


def test_one_float64_among_the_arrays_is_enough():
    result = compute(lambda a, b: a + b, np.ones(2, dtype=np.float32), np.full(2, 1e-12))
    assert result.dtype == np.float64
    assert (result > 1).all()


def test_trees_and_static_arguments():
    result = compute(lambda v, *, power: {"p": v**power, "s": (v,)}, np.arange(3.0), power=3)
    np.testing.assert_array_equal(result["p"], [0, 1, 8])
    assert type(result["s"][0]) is np.ndarray


def test_global_settings_stay():
    before = jax.config.jax_enable_x64
    compute(lambda v: v, np.ones(2), device="cpu")
    assert jax.config.jax_enable_x64 == before
    assert jax.numpy.ones(2).dtype == (np.float64 if before else np.float32)
    with pytest.raises(ZeroDivisionError):
        compute(lambda v: 1 // 0, np.ones(2))
    assert jax.config.jax_enable_x64 == before


def test_many_calls_come_back_in_order_and_in_their_precision():
    calls = [(np.full(3, i), np.ones(3)) for i in range(7)]
    found = list(compute_each(jax.jit(lambda a, b: {"sum": a + b}), calls, device="cpu"))
    assert [r["sum"][0] for r in found] == [1, 2, 3, 4, 5, 6, 7]
    assert found[6]["sum"].dtype == np.float64
    assert block_samples(np.float32, device="cpu") == 2 * block_samples(np.float64, device="cpu")


@pytest.mark.parametrize(
    ("memory", "samples"),
    [({"bytes_limit": 64 * 10**9, "bytes_in_use": 16 * 10**9}, 750_000_000), (None, 2**26)],
)
def test_blocks_fill_what_is_free_on_an_accelerator(monkeypatch, memory, samples):
    card = SimpleNamespace(platform="gpu", memory_stats=lambda: memory)
    monkeypatch.setattr(device, "jax_device", lambda _: card)
    assert block_samples(np.float32, device="cuda") == samples


def test_programs_are_forgotten_before_their_memory_maps_run_out(monkeypatch, tmp_path):
    limit, cleared = tmp_path / "max_map_count", []
    monkeypatch.setattr(device, "MOST_MAPS", limit)
    monkeypatch.setattr(device.jax, "clear_caches", lambda: cleared.append(1))
    for most, expected in ((10**7, 0), (10, 1)):
        limit.write_text(f"{most}\n")
        device._SEEN.clear()
        for n in range(device.LOOK_EVERY):
            for _ in range(2):
                assert compute(lambda x: x.sum(), np.ones(700 + n)) == 700 + n
        assert len(cleared) == expected


def test_no_more_programs_are_kept_than_a_bound(monkeypatch):
    monkeypatch.setattr(device, "MOST_PROGRAMS", 3)
    device._SEEN.clear()
    kernel = jax.jit(lambda x: x.sum())
    kept = []
    for n in (*range(900, 908), 907):
        assert compute(kernel, np.ones(n)) == n
        kept.append(kernel._cache_size())
    assert kept == [1, 2, 3, 1, 2, 3, 1, 2, 2]  # forgotten together; the last was known
