"""Folders of satellite series as they are published, written by hand and by tifffile."""

import json

import numpy as np
import pytest
import tifffile

from toolbox import load_series
from toolbox.data.series import loading

RNG = np.random.default_rng(16)
NODATA = 42113
METADATA = 42112


def pastis(folder, patches):
    """Write patches: number -> (dates, array (T, B, h, w))."""
    for name in ("DATA_S2", "ANNOTATIONS"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    features = []
    for number, (dates, array) in patches.items():
        np.save(folder / "DATA_S2" / f"S2_{number}.npy", array)
        target = np.zeros((3, *array.shape[2:]), np.uint8)
        target[0, 0] = 7
        np.save(folder / "ANNOTATIONS" / f"TARGET_{number}.npy", target)
        parcels = np.arange(target[0].size).reshape(target[0].shape) // 2
        np.save(folder / "ANNOTATIONS" / f"ParcelIDs_{number}.npy", parcels.astype(np.int32))
        told = {str(i): d for i, d in enumerate(dates)}
        features.append(
            {
                "type": "Feature",
                "geometry": None,
                "properties": {"ID_PATCH": number, "dates-S2": told},
            }
        )
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "metadata.geojson").write_text(text)


def stored(dates, bands=10, height=2, width=3):
    return RNG.integers(-50, 9000, (dates, bands, height, width), dtype=np.int16)


def write_tiff(file, array, tags=(), **options):
    tifffile.imwrite(file, array, extratags=list(tags), metadata=None, **options)


def text_tag(code, text):
    return (code, "s", 0, text, True)


def assert_read_in_blocks(folder, monkeypatch, rows, **options):
    pytest.importorskip("dask.array")
    held = load_series(folder, **options)
    monkeypatch.setattr(loading, "BLOCK", 1)
    lazy = load_series(folder, lazy=True, **options)
    assert lazy.values.chunks[0] == lazy.clear.chunks[0] == rows
    np.testing.assert_array_equal(lazy.values.compute(scheduler="synchronous"), held.values)
    np.testing.assert_array_equal(lazy.clear.compute(scheduler="synchronous"), held.clear)
    assert lazy.units.tolist() == held.units.tolist()
