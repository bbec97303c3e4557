"""VGG-19 weights from a file that the user supplies, under any of three schemes of names."""

import re
from typing import Any, NamedTuple

import torch

from toolbox.core import checks
from toolbox.data.files.tensors import read_tensors, weights_file
from toolbox.torch_features.vgg19 import Vgg19, layer_shapes

_ARGUMENT = "weights"
_ENDINGS = (".pth", ".pt", ".safetensors")
# Means and deviations of ImageNet's red, green and blue, as published with the weights.
_CAFFE_MEANS = (123.68, 116.779, 103.939)
_UNIT = (1.0, 1.0, 1.0)
_IMAGENET_MEANS = (0.485 * 255, 0.456 * 255, 0.406 * 255)
_IMAGENET_DEVIATIONS = (0.229 * 255, 0.224 * 255, 0.225 * 255)
# Where the 16 convolutions stand among torchvision's layers, rectifiers and pools counted.
_NUMBERS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


class _Scheme(NamedTuple):
    names: tuple[str, ...]  # of the 16 convolutions, in order
    ignored: str  # pattern of the keys of layers that come after them
    bgr: bool
    offset: tuple[float, float, float]
    scale: tuple[float, float, float]
    pooling: str
    padding: str


def _schemes() -> list[_Scheme]:
    canonical = list(layer_shapes())
    features = tuple(f"features.{number}" for number in _NUMBERS)
    blocks = tuple(f"block{name[4]}_conv{name[6]}" for name in canonical)
    caffe = {"bgr": True, "offset": _CAFFE_MEANS, "scale": _UNIT, "pooling": "average"}
    return [
        _Scheme(
            features,
            r"classifier\..*",
            bgr=False,
            offset=_IMAGENET_MEANS,
            scale=_IMAGENET_DEVIATIONS,
            pooling="max",
            padding="zeros",
        ),
        _Scheme(blocks, r"(fc|prob).*", padding="reflect", **caffe),
        _Scheme(tuple(canonical), r"(fc|prob).*", padding="zeros", **caffe),
    ]


def read_weights(weights: Any, *, blocks: int) -> Vgg19:
    """Return the network of a weights file that holds at least its first blocks.

    Everything in the file must belong to VGG-19, whether it is needed or not.
    """
    path = weights_file(weights, _ARGUMENT, network="a VGG-19 weights file", endings=_ENDINGS)
    tensors = read_tensors(path, _ARGUMENT)
    scheme = _scheme(tensors)
    filters, biases = {}, {}
    needed = layer_shapes(blocks)
    for name, (theirs, shape) in zip(scheme.names, layer_shapes().items(), strict=True):
        if theirs in needed or any(f"{name}.{part}" in tensors for part in ("weight", "bias")):
            filters[theirs] = _tensor(tensors, f"{name}.weight", shape)
            biases[theirs] = _tensor(tensors, f"{name}.bias", shape[:1])
    return Vgg19(filters, biases, *scheme[2:])


def _scheme(tensors: dict[str, torch.Tensor]) -> _Scheme:
    """Return the scheme to which all keys belong."""
    keys = [_own_keys(scheme) & tensors.keys() for scheme in _schemes()]
    if not any(keys):
        checks.refuse(
            _ARGUMENT,
            "VGG-19's keys, named features.0.weight, block1_conv1.weight or conv1_1.weight, ...",
            f"{next(iter(tensors))!r} and so on" if tensors else "no tensor at all",
        )
    scheme = _schemes()[max(range(len(keys)), key=lambda i: len(keys[i]))]
    own = _own_keys(scheme)
    others = [k for k in tensors if k not in own and not re.fullmatch(scheme.ignored, k)]
    if others:
        wanted = f"the layers of VGG-19 only ({scheme.names[0]} to {scheme.names[-1]})"
        checks.refuse(_ARGUMENT, wanted, f"{others[0]!r} too: another network's file")
    return scheme


def _own_keys(scheme: _Scheme) -> set[str]:
    return {f"{name}.{part}" for name in scheme.names for part in ("weight", "bias")}


def _tensor(tensors: dict[str, torch.Tensor], key: str, shape: tuple[int, ...]) -> torch.Tensor:
    if key not in tensors:
        checks.refuse(_ARGUMENT, f"{key!r} in the file", "no such key: layers are missing")
    tensor = tensors[key]
    if tuple(tensor.shape) != shape:
        wanted = f"{key!r} of shape {shape}, as in VGG-19"
        checks.refuse(_ARGUMENT, wanted, f"shape {tuple(tensor.shape)}")
    if tensor.layout is not torch.strided or not tensor.is_floating_point():
        checks.refuse(_ARGUMENT, f"{key!r} of plain real numbers", f"type {tensor.dtype}")
    tensor = tensor.detach().float().contiguous()
    if not tensor.isfinite().all():
        checks.refuse(_ARGUMENT, f"{key!r} of finite values", "NaN or infinity among them")
    return tensor
