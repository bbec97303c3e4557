"""The timing code for accelerators runs, on small arrays and a CPU, and writes nothing."""

import json

import pytest

from benchmarks import gpu


@pytest.mark.long  # compiles five kernels for images: a quarter of a minute and more
def test_a_dry_run_times_every_kernel_and_call_and_writes_nothing(capsys, monkeypatch):
    monkeypatch.setattr(gpu, "write", None)
    monkeypatch.setattr(gpu, "TINY", (1, 96, 96))
    monkeypatch.setattr(gpu, "LEVELS", 3)
    gpu.main(["--device", "cpu", "--tiny"])
    found = json.loads(capsys.readouterr().out)
    assert found["note"] == gpu.DRY_RUN
    assert found["input_bytes"] == 4 * 96 * 96
    assert len(found["kernels"]) == 4
    assert len(found["calls"]) == 3
    assert all(v["ms"] > 0 for part in ("kernels", "calls") for v in found[part].values())


def test_where_the_device_is_not_nothing_is_measured(capsys, monkeypatch):
    def none(platform):
        raise RuntimeError(platform)

    monkeypatch.setattr(gpu, "measured", None)
    monkeypatch.setattr(gpu.jax, "devices", none)
    gpu.main([])
    assert capsys.readouterr().out == "gpu: JAX finds no cuda device here; nothing was measured\n"
