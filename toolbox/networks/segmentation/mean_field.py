"""What a pixel is, given what its neighbours are: a mean field with a Gaussian kernel (torch)."""

import torch
from torch.nn.functional import conv2d, pad

WIDTH = 3.0  # pixels, of the kernel
REACH = 3  # widths, beyond which the kernel is cut off
TURNS = 10
TINY = 1e-9  # under a logarithm


def mean_field(probabilities: torch.Tensor, strength: float) -> torch.Tensor:
    r"""Return probabilities (n, C, h, w) in which neighbours speak for each other.

    Parameters
    ----------
    probabilities : tensor (n, C, h, w)
        q, of each pixel by itself. At least 10 rows and columns.
    strength : float
        s >= 0; with 0 pixels stay what they are.

    Returns
    -------
    tensor (n, C, h, w)

    Notes
    -----
    A field of labels with the energy of Potts, in which pairs of pixels attract each other by a
    kernel K of their distance, is put in the place of independent pixels (Kraehenbuehl and Koltun,
    2011, eq. 4, without the term of appearance). From p = q on, all pixels at once and ten times,

    .. math:: p_k(x) \propto q_k(x)^{1 / (1 + s)} \exp\Big(s \sum_{y \ne x} K(x - y) p_k(y)\Big).

    Windows of neighbouring pixels overlap, so that what each says by itself is not independent: it
    counts the less the more its neighbours do. K sums to 1 with the pixel itself, is symmetric in
    rows, columns and their exchange, and images go on mirrored beyond their border: what is made of
    a turned image is turned.

    Examples
    --------
    >>> import torch
    >>> q = torch.full((1, 2, 16, 16), 0.4)
    >>> q[:, 1] = 0.6
    >>> q[0, :, 8, 8] = torch.tensor([0.7, 0.3])  # one pixel that says something else
    >>> mean_field(q, 2.5).argmax(dim=1).unique().tolist()
    [1]
    """
    if strength == 0:
        return probabilities
    own = (probabilities + TINY).log() / (1 + strength)
    taps = _taps().to(probabilities)
    itself = taps.max() ** 2
    p = probabilities
    for _ in range(TURNS):
        p = (own + strength * (_smooth(p, taps) - itself * p)).softmax(dim=1)
    return p


def _taps() -> torch.Tensor:
    reach = int(REACH * WIDTH)
    weights = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * WIDTH**2))
    return weights / weights.sum()


def _smooth(p: torch.Tensor, taps: torch.Tensor) -> torch.Tensor:
    """Return the sums over both axes, weighted by the taps, of images that go on mirrored."""
    reach = len(taps) // 2
    maps = pad(p, (reach,) * 4, mode="reflect").flatten(0, 1)[:, None]
    rows = conv2d(maps, taps[None, None, :, None])
    return conv2d(rows, taps[None, None, None, :])[:, 0].reshape(p.shape)
