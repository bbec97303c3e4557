"""Networks trained in steps: where they begin, and views whose maps must agree."""

import numpy as np
import pytest
import torch

from labelling import segment
from labelling.segmentation.fitting.consistency_views import VIEWS, ZOOM, Turn, zoomed
from synthesis import scenes
from toolbox.retraining.streams import generator

DRAWN = scenes("mosaic", n=4, size=32, classes=3, seed=0)
QUICK = {"classes": 3, "members": 1, "progress": False, "seed": 0, "masks": DRAWN.masks}


def test_a_unet_begins_as_the_discriminant_of_the_same_labels():
    """Its convolutions add little at first: nearly all pixels have the class of the linear map."""
    linear = segment(DRAWN.images, network="discriminant", **QUICK)
    unet = segment(DRAWN.images, network="unet", steps=1, **QUICK)
    weights = unet.runs.outputs["straight.weight"][0]
    np.testing.assert_allclose(weights, linear.runs.outputs["last.weight"][0], atol=0.01)
    one, two = (model.predict(DRAWN.images)[0].argmax(axis=1) for model in (linear, unet))
    assert (one == two).mean() > 0.9


@pytest.mark.parametrize("shape", [(32, 32), (33, 40)])
def test_a_zoomed_ramp_rises_more_slowly_around_the_same_middle(shape):
    ramp = torch.arange(shape[1], dtype=torch.float64).expand(1, 1, *shape)
    found = zoomed(ramp)
    assert found.shape == ramp.shape
    inner = found[0, 0, 5, 2:-2].numpy()
    size = round(ZOOM * shape[1])
    np.testing.assert_allclose(np.diff(inner), shape[1] / size, rtol=1e-9)
    assert abs(inner.mean() - (shape[1] - 1) / 2) < 0.5


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_costs_nothing_more_where_the_map_is_certain_and_the_same_everywhere(view):
    """A network that says one class of all pixels: its turned, zoomed or mixed map is the same."""

    class Sure(torch.nn.Module):
        def forward(self, x):
            return torch.tensor([30.0, 0.0])[None, :, None, None].expand(len(x), 2, *x.shape[-2:])

    x = torch.tensor(generator(0, "x").standard_normal((4, 105, 32, 32)), dtype=torch.float32)
    how = Turn((True, False, True), 1, generator(0, "view"))
    loss = VIEWS[view](Sure(), Sure(), {"channels": x, "zoomed": x}, how)
    assert 0 <= float(loss) < 1e-6
