"""The networks that `ensemble` trains: a new one is a file in this folder and a line in this table.

The file has the network's name, and two functions: ``initialise(key, shape, classes)`` draws the
parameters, ``logits(parameters, x)`` is the network.
"""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import NamedTuple


class Network(NamedTuple):
    """Which items a network takes, and how fast it learns."""

    dims: tuple[int, ...]  # their spatial axes: 0 for vectors, 1 for signals, 2 for images
    learning_rate: float
    smallest: Mapping[int, int] = {}  # least extent of an item along each axis, by its dim


# The first that takes such items is what network="auto" means.
NETWORKS = {
    "multilayer_perceptron": Network(dims=(0,), learning_rate=3e-3),
    "convolutional": Network(dims=(1, 2), learning_rate=1e-2, smallest={1: 29, 2: 15}),
}


class SeriesNetwork(NamedTuple):
    """A network for series in the folder `series`, and how it is trained."""

    module: str
    learning_rate: float
    weight_decay: float  # of AdamW, of which a training takes this over the root of its steps
    noise: float  # added to the clear cells at every step, in standard deviations of their band


# Those that `classify_series` trains; no other takes dates and clouds. Decay and noise were chosen
# on worlds of `phenology` and `additive_phenology` that no benchmark or figure draws; but L-TAE has
# numbers that follow from TempCNN's, and shapelets have none.
SERIES_NETWORKS = {
    "channel attention": SeriesNetwork("series.channel_attention", 1e-2, 10.0, 0.1),
    "tempcnn": SeriesNetwork("series.temporal_convolutions", 3e-3, 40.0, 0.6),
    "l-tae": SeriesNetwork("series.temporal_attention", 3e-3, 30.0, 0.3),
    "shapelets": SeriesNetwork("series.learned_shapelets", 1e-2, 0.0, 0.0),
    "linear": SeriesNetwork("series.linear", 1e-2, 40.0, 0.6),
}


def network_module(name: str) -> ModuleType:
    """Return the file of a network; it loads JAX."""
    return import_module(f"toolbox.networks.{name}")
