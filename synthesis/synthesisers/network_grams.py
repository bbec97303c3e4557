"""Synthesis from Gram matrices of a trained network's activations."""

from os import PathLike
from typing import Any

import numpy as np
import torch

from synthesis.matching.exemplars import Task, read_task
from synthesis.matching.statistics import Normalised, match_statistics
from synthesis.matching.synthesis_record import Synthesis
from synthesis.synthesisers.filter_grams import gram_matrices
from synthesis.synthesisers.network_weights import read_weights
from toolbox.core import checks
from toolbox.torch_features.vgg19 import BLOCKS, Vgg19, activations

_SMALLEST = 16


def network_synthesis(
    exemplars: Any,
    *,
    dim: int,
    weights: str | PathLike,
    n: int = 1,
    size: Any = None,
    seed: int,
    blocks: int = 4,
    iterations: int = 100,
    progress: bool = True,
) -> Synthesis:
    r"""Synthesise images that share the exemplar's Gram matrices in a VGG-19 that you supply.

    For comparison with the literature; the weights are read from a file on your disk, none come
    with this package and none are fetched.

    Parameters
    ----------
    exemplars : array_like, shape ([m, [K,]] h, w)
        Images to imitate, grey (K = 1) or red, green and blue (K = 3), with values from 0 to 1 and
        at least 16 long along every axis. The network is shown 255 times these values; grey images
        three times over.
    dim : int
        Number of spatial axes: 2.
    weights : str or path
        File of VGG-19 weights, .pth or .pt (read without executing anything) or .safetensors. The
        scheme is seen from the names of the layers; see the notes.
    n : int
        Number of children. Each is made from one exemplar, dealt in turn.
    size : int or sequence of int, optional
        Size of the children; the exemplars' own by default.
    seed : int
        Seed of the initial textures; child i is the same for every `n`, up to round-off.
    blocks : int
        Number of blocks of the network to use, 1 to 5; the file needs to hold no more. The image
        must be at least 2^blocks long along every axis.
    iterations : int
        Number of evaluations of the L-BFGS optimiser.
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    Synthesis
        ``.samples`` (n, [K,] *size); ``.losses`` (n, iterations), the relative misfit of the Gram
        matrices, 0 when they match; ``.parents`` (n,).

    Raises
    ------
    InputError
        If `weights` is not a whole file of plain tensors of VGG-19 with the blocks asked for; if
        the exemplars are constant, too small, not finite, outside 0 to 1, or of two or more than
        three components.

    Notes
    -----
    With :math:`f_{l,c}(t)` the activations of layer l (the rectified first convolution, then the
    pool after every block, as in Gatys, Ecker & Bethge, 2015), the statistics are

    .. math:: G_{l,cc'} = \langle f_{l,c}(t) f_{l,c'}(t) \rangle_t \,/\, \|G_l^{parent}\|,

    so that every layer counts alike whatever the scale of the weights. All positions count, with
    the network's own padding at the frame. Children start from random phases and take their
    parent's values by ranks in the end, as in `wavelet_synthesis`. Computed in float32.

    Three schemes of names are known, with what the networks that use them do. torchvision's
    (``features.0.weight`` ... ``features.34.bias``; ``classifier`` is ignored): red, green, blue
    divided by 255, less ImageNet's mean, over its standard deviation; max-pooling; zeros as
    padding. Blocks (``block1_conv1.weight`` ...): blue, green, red from 0 to 255 less 103.939,
    116.779, 123.68; average pooling; reflection as padding. Caffe's (``conv1_1.weight`` ...): the
    same colours, average pooling as Gatys et al. recommend, zeros as padding.

    References
    ----------
    L. A. Gatys, A. S. Ecker, M. Bethge, "Texture synthesis using convolutional neural networks",
    NIPS 2015. K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image
    recognition", ICLR 2015.

    Examples
    --------
    Random weights of the first block, in place of a real file:

    >>> import tempfile, pathlib, numpy as np, torch
    >>> from synthesis import network_synthesis
    >>> rng = np.random.default_rng(0)
    >>> shapes = {"features.0.weight": (64, 3, 3, 3), "features.0.bias": (64,),
    ...           "features.2.weight": (64, 64, 3, 3), "features.2.bias": (64,)}
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "vgg19.pth"
    >>> torch.save({k: torch.tensor(rng.standard_normal(s)) for k, s in shapes.items()}, file)
    >>> result = network_synthesis(rng.random((16, 16)), dim=2, weights=file, blocks=1, seed=0,
    ...                            iterations=5)
    >>> result.samples.shape, bool(result.losses[0, -1] < result.losses[0, 0])
    ((1, 16, 16), True)
    """
    checks.dimension(dim, allowed=(2,))
    blocks = checks.count(blocks, "blocks", maximum=len(BLOCKS))
    task = read_task(
        exemplars, dim=dim, n=n, size=size, seed=seed, smallest=max(_SMALLEST, 2**blocks)
    )
    _check_colours(task)
    iterations = checks.count(iterations, "iterations")
    network = read_weights(weights, blocks=blocks)
    normalised = Normalised(task.exemplars)
    gain, offset = _to_colours(task, normalised)
    pictures = torch.tensor(255 * task.exemplars, dtype=torch.float32)
    raw = [_grams(one[None], network, blocks) for one in pictures]
    grams = [torch.cat(layer) for layer in zip(*raw, strict=True)]
    inverse = [1 / gram.norm(dim=(1, 2), keepdim=True).clamp(min=1e-12) for gram in grams]

    def statistics(x: torch.Tensor, rows: torch.Tensor) -> list[torch.Tensor]:
        colours = (gain[rows] @ x.flatten(2)).view(x.shape) + offset[rows]
        found = _grams(colours, network, blocks)
        return [gram * norm[rows] for gram, norm in zip(found, inverse, strict=True)]

    return match_statistics(
        task,
        normalised,
        [gram * norm for gram, norm in zip(grams, inverse, strict=True)],
        statistics,
        canvas=task.size,
        iterations=iterations,
        progress=progress,
        method="network_synthesis",
    )


def _check_colours(task: Task) -> None:
    components = task.exemplars.shape[1]
    if components not in (1, 3):
        checks.refuse("exemplars", "1 or 3 components (grey or colours)", f"{components} of them")
    lowest, highest = task.exemplars.min(), task.exemplars.max()
    if lowest < 0 or highest > 1:
        checks.refuse("exemplars", "values from 0 to 1", f"values from {lowest:g} to {highest:g}")


def _to_colours(task: Task, normalised: Normalised) -> tuple[torch.Tensor, torch.Tensor]:
    """Return gain (m, K, K) and offset (m, K, 1, 1) from normalised values to 0 to 255."""
    m, components = task.exemplars.shape[:2]
    identity = np.broadcast_to(np.eye(components), (m, components, components))
    mixing = normalised.undo(identity, np.arange(m))
    values = 255 * task.exemplars.reshape(m, components, -1).astype(np.float64)
    gain = values.std(axis=2)[:, :, None] * mixing
    offset = values.mean(axis=2)[:, :, None, None]
    return torch.tensor(gain, dtype=torch.float32), torch.tensor(offset, dtype=torch.float32)


def _grams(colours: torch.Tensor, network: Vgg19, blocks: int) -> list[torch.Tensor]:
    """Return the Gram matrices (B, C, C) of the first convolution and of every pool."""
    found = activations(colours.expand(-1, 3, -1, -1), network, blocks=blocks)
    layers = [found["conv1_1"], *(found[f"pool{block + 1}"] for block in range(blocks))]
    return [gram_matrices([layer], None)[0] for layer in layers]
