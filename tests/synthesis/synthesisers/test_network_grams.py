"""Network synthesis: three schemes of names, one network; broken files; children that come close.

No trained weights are needed: a random network of VGG-19's widths has the same shapes.
"""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from synthesis import network_synthesis
from synthesis.synthesisers.network_weights import read_weights
from tests.reference.texture_grams import weighted_gram
from toolbox import InputError
from toolbox.core.streams import generator
from toolbox.torch_features.vgg19 import activations, layer_shapes

NUMBERS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
MEANS, DEVIATIONS = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
CAFFE = np.array([123.68, 116.779, 103.939])


def network(blocks=2):
    """Weights by canonical name for red, green and blue from 0 to 255, nothing taken off."""
    rng = generator(0, "weights")
    result = {}
    for name, shape in layer_shapes(blocks).items():
        spread = np.sqrt(2 / np.prod(shape[1:])) / (100 if name == "conv1_1" else 1)
        result[f"{name}.weight"] = spread * rng.standard_normal(shape)
        result[f"{name}.bias"] = 0.1 * rng.standard_normal(shape[0])
    return result


def shown(weights, *, offset, scale, bgr):
    """Return the same network for colours (x - offset) / scale, in the other order if bgr."""
    weights = dict(weights)
    first = weights["conv1_1.weight"]
    weights["conv1_1.bias"] = weights["conv1_1.bias"] + np.einsum("ocij,c->o", first, offset)
    first = first * np.asarray(scale)[:, None, None]
    weights["conv1_1.weight"] = first[:, ::-1] if bgr else first
    return weights


def renamed(weights, rename):
    return {
        f"{rename(key.split('.')[0])}.{key.split('.')[1]}": torch.tensor(
            np.ascontiguousarray(value), dtype=torch.float32
        )
        for key, value in weights.items()
    }


def torchvision_name(name):
    return f"features.{NUMBERS[list(layer_shapes()).index(name)]}"


def schemes(blocks=2):
    plain = network(blocks)
    torchvision = shown(plain, offset=255 * MEANS, scale=255 * DEVIATIONS, bgr=False)
    caffe = shown(plain, offset=CAFFE, scale=np.ones(3), bgr=True)
    return {
        "torchvision": renamed(torchvision, torchvision_name),
        "blocks": renamed(caffe, lambda name: f"block{name[4]}_conv{name[6]}"),
        "caffe": renamed(caffe, lambda name: name),
    }


def kept(folder, content, name="vgg19.pth"):
    path = folder / name
    (save_file if path.suffix == ".safetensors" else torch.save)(content, path)
    return path


def plain_activations(x, blocks):
    """Run the network for zeros as padding and average pools, with functions of torch alone."""
    weights = renamed(network(blocks), lambda name: name)
    result = {}
    for block in range(1, blocks + 1):
        for name in [n for n in layer_shapes(blocks) if n.startswith(f"conv{block}")]:
            bias = weights[f"{name}.bias"].double()
            x = functional.conv2d(x, weights[f"{name}.weight"].double(), bias, padding=1).relu()
            result[name] = x
        x = functional.avg_pool2d(x, 2)
        result[f"pool{block}"] = x
    return result


@pytest.mark.parametrize("ending", ["pth", "pt", "safetensors"])
@pytest.mark.parametrize("scheme", ["torchvision", "blocks", "caffe"])
def test_three_schemes_of_one_network_see_the_same(scheme, ending, tmp_path):
    path = kept(tmp_path, schemes()[scheme], f"weights.{ending}")
    x = torch.tensor(255 * generator(0, "image").random((2, 3, 24, 20)))
    read = read_weights(path, blocks=2)
    # What goes on at the frame, and the pools, differ between schemes; the rest must not. Zeros
    # around an image stand for another colour in each, so what they reach is left out.
    reached = {"conv1": 2, "pool1": 1, "conv2": 3, "pool2": 2}
    found = activations(x, read._replace(pooling="average", padding="zeros"), blocks=2)
    wanted = plain_activations(x, blocks=2)
    assert list(found) == list(wanted)
    for name, truth in wanted.items():
        inside = (..., *[slice(reached[name[:5]], -reached[name[:5]])] * 2)
        assert truth.std() > 0.01
        np.testing.assert_allclose(found[name][inside], truth[inside], atol=2e-4)


def test_schemes_bring_their_own_frame_and_pools(tmp_path):
    read = {
        name: read_weights(str(kept(tmp_path, content, f"{name}.pth")), blocks=1)
        for name, content in schemes(1).items()
    }
    manners = {name: (net.bgr, net.pooling, net.padding) for name, net in read.items()}
    assert manners == {
        "torchvision": (False, "max", "zeros"),
        "blocks": (True, "average", "reflect"),
        "caffe": (True, "average", "zeros"),
    }
    x = torch.tensor(255 * generator(0, "frame").random((1, 3, 8, 8)))
    found = activations(x, read["torchvision"], blocks=1)
    np.testing.assert_array_equal(found["pool1"], functional.max_pool2d(found["conv1_2"], 2))
    # Reflection: the frame sees what a larger, reflected image would show it.
    net = read["blocks"]
    wide = activations(functional.pad(x, (3, 3, 3, 3), mode="reflect"), net, blocks=1)["conv1_1"]
    found = activations(x, net, blocks=1)["conv1_1"]
    np.testing.assert_allclose(found, wide[..., 3:-3, 3:-3], atol=1e-4)


def test_a_grey_image_is_shown_three_times_and_losses_are_misfits_of_grams(tmp_path):
    x = generator(0, "grey").random((16, 20))
    path = kept(tmp_path, schemes(1)["caffe"])
    options = {"dim": 2, "weights": path, "blocks": 1, "iterations": 1, "seed": 0}
    made = network_synthesis(x, **options)
    assert made.losses.shape == (1, 1)

    def grams(grey):
        colours = torch.tensor(np.broadcast_to(255 * grey, (1, 3, 16, 20)).copy())
        # Zeros stand for the mean colour there, so the plain network does not serve.
        found = activations(colours, read_weights(path, blocks=1), blocks=1)
        for name in ("conv1_1", "pool1"):
            f = found[name][0].numpy()
            yield weighted_gram(f, f, np.full(f.shape[1:], 1 / f[0].size))

    start = _first_child(x)
    wanted = sum(
        ((a - b) ** 2).sum() / (b**2).sum() for a, b in zip(grams(start), grams(x), strict=True)
    )
    # One careful step of steepest descent has been made from there.
    assert 0.2 * wanted / 2 < made.losses[0, 0] <= wanted / 2 * (1 + 1e-3)


def _first_child(x):
    from synthesis import phase_randomised

    standard = (x - x.mean()) / x.std()
    return x.mean() + x.std() * phase_randomised(standard, dim=2, seed=0).samples[0]


@pytest.mark.parametrize("components", [None, 3])
def test_a_synthesis_comes_close_and_takes_the_parents_values(components, tmp_path):
    rng = generator(0, "exemplar")
    x = rng.random((32, 32)).cumsum(axis=1) if components is None else rng.random((1, 3, 32, 32))
    x = (x - x.min()) / np.ptp(x)
    path = kept(tmp_path, schemes(3)["torchvision"], "weights.safetensors")
    made = network_synthesis(
        x, dim=2, weights=path, n=2, seed=0, blocks=3, iterations=15, progress=False
    )
    assert made.method == "network_synthesis"
    assert made.samples.shape == (2, *x.shape[-3 if components else -2 :])
    assert (made.losses[:, -1] < 0.5 * made.losses[:, 0]).all()
    for child in made.samples:
        np.testing.assert_array_equal(np.sort(child, axis=None), np.sort(x, axis=None))


def test_children_do_not_depend_on_their_number_and_have_any_size(tmp_path):
    x = generator(0, "x").random((3, 20, 24))
    options = {"dim": 2, "weights": kept(tmp_path, schemes(2)["blocks"]), "blocks": 2}
    options |= {"size": (17, 30), "seed": 1, "iterations": 4, "progress": False}
    few, many = network_synthesis(x, n=2, **options), network_synthesis(x, n=5, **options)
    assert few.samples.shape == (2, 17, 30)
    np.testing.assert_allclose(few.samples, many.samples[:2], atol=1e-3)
    np.testing.assert_array_equal(few.parents, many.parents[:2])


def test_layers_that_follow_are_allowed_but_checked(tmp_path):
    content = schemes(1)["torchvision"]
    full = content | {"classifier.0.weight": torch.ones(2, 3)}
    full |= {"features.5.weight": torch.ones(128, 64, 3, 3), "features.5.bias": torch.ones(128)}
    assert len(read_weights(kept(tmp_path, full), blocks=1).filters) == 3
    full["features.5.weight"] = torch.ones(128, 64, 5, 5)
    with pytest.raises(InputError, match=r"^weights: .*features\.5\.weight.*\(128, 64, 3, 3\)"):
        read_weights(kept(tmp_path, full), blocks=1)


def broken():
    """Return what is wrong with a state dictionary, and what the message must say of it."""
    good = schemes(1)["torchvision"]
    without_bias = {k: v for k, v in good.items() if k != "features.2.bias"}
    sparse = good | {"features.2.bias": torch.ones(64).to_sparse()}
    return {
        "missing layer": (without_bias, r"features\.2\.bias.*missing"),
        "another network": ({"conv1.weight": torch.ones(64, 3, 7, 7)}, r"VGG-19's keys"),
        "empty": ({}, "no tensor"),
        "vgg16": (good | {"features.17.weight": torch.ones(512, 256, 3, 3)}, r"features\.17"),
        "narrow": (good | {"features.0.weight": torch.ones(32, 3, 3, 3)}, r"\(64, 3, 3, 3\)"),
        "whole numbers": (good | {"features.0.bias": torch.ones(64, dtype=torch.int64)}, "real"),
        "not finite": (good | {"features.0.bias": torch.full((64,), torch.nan)}, "finite"),
        "sparse": (sparse, "plain"),
        "nested": ({"state_dict": good}, "no tensor"),
        "a list": (list(good.values()), "by name"),
        "a number in it": (good | {"epoch": 3}, "'epoch'"),
        "two schemes": (good | schemes(1)["caffe"], "another network"),
    }


@pytest.mark.parametrize("case", broken())
def test_files_of_something_else_are_refused(case, tmp_path):
    content, said = broken()[case]
    with pytest.raises(InputError, match=f"^weights: wanted .*{said}"):
        read_weights(kept(tmp_path, content), blocks=1)


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_truncated_files_are_refused(share, ending, tmp_path):
    path = kept(tmp_path, schemes(1)["caffe"], f"weights.{ending}")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"^weights: wanted a whole file"):
        read_weights(path, blocks=1)


class Code:
    """An object whose pickle would run code."""

    def __reduce__(self):
        return (pytest.fail, ("a weights file was executed",))


def test_pickles_that_are_not_plain_tensors_are_refused_and_never_run(tmp_path):
    for content in (Code(), {"features.0.weight": Code()}, torch.nn.Linear(2, 2)):
        with pytest.raises(InputError, match=r"^weights: wanted a whole file of plain tensors"):
            read_weights(kept(tmp_path, content), blocks=1)


def test_paths_that_are_no_weights_are_refused(tmp_path):
    text = tmp_path / "weights.txt"
    text.write_text("weights")
    for path in (text, tmp_path / "none.pth", tmp_path, 7, None, b"weights.pth"):
        with pytest.raises(InputError, match=r"^weights: wanted"):
            read_weights(path, blocks=1)


def test_bad_input_names_the_argument(tmp_path):
    x = generator(0, "bad").random((20, 20))
    options = {"dim": 2, "weights": kept(tmp_path, schemes(1)["caffe"]), "seed": 0}
    cases = [
        (r"^exemplars: .*at least 16", x[:15], {}),
        (r"^exemplars: .*at least 32", x, {"blocks": 5}),
        (r"^exemplars: .*from 0 to 1", 255 * x, {}),
        (r"^exemplars: .*from 0 to 1", x - 0.5, {}),
        (r"^exemplars: .*1 or 3 components", x.reshape(1, 1, 20, 20).repeat(2, axis=1), {}),
        (r"^dim: ", x, {"dim": 1}),
        (r"^blocks: ", x, {"blocks": 6}),
        (r"^size: ", x, {"size": 8}),
        (r"^iterations: ", x, {"iterations": 0}),
        (r"^weights: .*features|^weights: .*conv2_1\.weight.*missing", x, {"blocks": 2}),
    ]
    for said, exemplars, changed in cases:
        with pytest.raises(InputError, match=said):
            network_synthesis(exemplars, **{"blocks": 1, **options, **changed})
