"""The photographs are those of scikit-image and need neither pooch nor a network."""

import os
import subprocess
import sys

import numpy as np
from skimage import data

from toolbox import textures


def test_they_are_scikit_images():
    loaded = textures()
    assert loaded.values.shape == (3, 512, 512)
    assert loaded.values.dtype == np.float32
    for image, name in zip(loaded.values, loaded.names, strict=True):
        np.testing.assert_array_equal(np.round(image * 255), getattr(data, name)())
    assert loaded.labels.tolist() == ["brick", "grass", "gravel"]
    assert np.isnan(loaded.resolution)
    assert loaded.values.min() >= 0
    assert loaded.values.max() <= 1


def test_without_pooch_and_without_network(tmp_path):
    code = """
import socket, sys
sys.modules["pooch"] = None
def no_network(*arguments, **options):
    raise OSError("no network")
socket.socket.connect = no_network
from toolbox import textures
print(textures().values.shape)
"""
    empty_home = os.environ | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, env=empty_home)
    assert run.stdout.strip() == "(3, 512, 512)", run.stderr
