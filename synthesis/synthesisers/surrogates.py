"""Baselines that keep second-order statistics only: Gaussian textures and IAAFT surrogates."""

from typing import Any

import numpy as np
from scipy import fft

from synthesis.matching.exemplars import Task, noise, read_task
from synthesis.matching.periodic_canvas import phase_randomised_children
from synthesis.matching.synthesis_record import Synthesis
from toolbox.core import checks
from toolbox.core.item_blocks import unit_items
from toolbox.processes.periodic_fields import periodic_component

_SMALLEST = 4


def phase_randomised(
    exemplars: Any, *, dim: int, n: int = 1, size: Any = None, seed: int
) -> Synthesis:
    r"""Synthesise Gaussian-looking textures with the exemplar's spectrum and random phases.

    A baseline: everything beyond second order (edges, sparsity, asymmetry) is destroyed.

    Parameters
    ----------
    exemplars : array_like, shape ([m, [K,]] *space)
        Images or signals to imitate, at least 4 long along every axis.
    dim : int
        Number of spatial axes, 1 or 2.
    n : int
        Number of children. Each is made from one exemplar, dealt in turn.
    size : int or sequence of int, optional
        Size of the children; the exemplars' own by default.
    seed : int
        Seed of the random phases; child i is the same for every `n`.

    Returns
    -------
    Synthesis
        ``.samples`` (n, [K,] *size), ``.parents`` (n,), ``.losses`` (n, 0).

    Raises
    ------
    InputError
        If the exemplars are constant, shorter than 4 along an axis, or not finite.

    Notes
    -----
    With :math:`p` the periodic component of the exemplar (Moisan, 2011), a child is

    .. math:: x = \mathcal F^{-1}\left(\hat p \, e^{i\theta}\right), \qquad
              \theta(-\omega) = -\theta(\omega), \quad \theta(0) = 0,

    :math:`\theta` uniform (Galerne, Gousseau & Morel, 2011). All components of an item share
    :math:`\theta`, so that cross-spectra are kept too. Along an axis that is longer than the
    exemplar, the centred exemplar is tapered, embedded in zeros and rescaled to the same variance
    before its phases are drawn; along a shorter axis the child is a crop.

    References
    ----------
    B. Galerne, Y. Gousseau, J.-M. Morel, "Random phase textures: theory and synthesis", IEEE
    Trans. Image Process. 20(1), 2011. L. Moisan, "Periodic plus smooth image decomposition",
    J. Math. Imaging Vis. 39(2), 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import phase_randomised
    >>> image = np.random.default_rng(0).standard_normal((16, 16)).cumsum(axis=0)
    >>> phase_randomised(image, dim=2, n=3, size=24, seed=0).samples.shape
    (3, 24, 24)
    """
    task = read_task(exemplars, dim=dim, n=n, size=size, seed=seed, smallest=_SMALLEST)
    children = phase_randomised_children(task, task.size)
    return Synthesis(
        samples=task.present(children),
        losses=np.zeros((len(children), 0)),
        parents=task.parents,
        units=task.units[task.parents],
        method="phase_randomised",
        dim=task.dim,
    )


def iaaft(
    exemplars: Any, *, dim: int, n: int = 1, size: Any = None, seed: int, iterations: int = 200
) -> Synthesis:
    r"""Synthesise surrogates with exactly the exemplar's values and nearly its spectrum.

    A baseline: values and second-order statistics are kept, other structure is destroyed.

    Parameters
    ----------
    exemplars : array_like, shape ([m, [K,]] *space)
        Images or signals to imitate, at least 4 long along every axis.
    dim : int
        Number of spatial axes, 1 or 2.
    n : int
        Number of children. Each is made from one exemplar, dealt in turn.
    size : int or sequence of int, optional
        Only the exemplars' own size, since the values are used once each.
    seed : int
        Seed of the initial shuffles; child i is the same for every `n`.
    iterations : int
        Largest number of iterations; a child that repeats itself earlier stays as it is.

    Returns
    -------
    Synthesis
        ``.samples`` (n, [K,] *space); ``.losses`` (n, iterations): relative root-mean-square
        distance of the child's amplitude spectrum to the wanted one; ``.parents`` (n,).

    Raises
    ------
    InputError
        If `size` is another one, or the exemplars are constant, too short or not finite.

    Notes
    -----
    From a random shuffle, alternately impose the amplitudes :math:`|\hat p_k|` of the exemplar's
    periodic component (Moisan, 2011), rescaled to the exemplar's variance, and, by ranks, the
    exemplar's values (Schreiber & Schmitz, 1996). Components :math:`k` turn by a common angle only,
    so that cross-spectra are kept (Schreiber & Schmitz, 2000): the phases become
    :math:`\psi_k + \alpha` with :math:`\psi_k` those of the exemplar and
    :math:`\alpha = \arg \sum_k e^{i(\theta_k - \psi_k)}`; for one component :math:`\theta` itself.

    References
    ----------
    T. Schreiber, A. Schmitz, "Improved surrogate data for nonlinearity tests", Phys. Rev. Lett.
    77, 1996; "Surrogate time series", Physica D 142, 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import iaaft
    >>> signal = np.random.default_rng(0).standard_normal(256).cumsum()
    >>> child = iaaft(signal, dim=1, seed=0).samples[0]
    >>> bool((np.sort(child) == np.sort(signal)).all())
    True
    """
    task = read_task(exemplars, dim=dim, n=n, size=size, seed=seed, smallest=_SMALLEST)
    if task.size != task.space:  # another size would have to invent or drop values
        checks.refuse("size", f"None or the exemplars' own {task.space}", task.size)
    iterations = checks.count(iterations, "iterations")
    results = [_one_surrogate(task, child, iterations) for child in range(len(task.parents))]
    return Synthesis(
        samples=task.present(np.stack([samples for samples, _ in results])),
        losses=np.stack([losses for _, losses in results]),
        parents=task.parents,
        units=task.units[task.parents],
        method="iaaft",
        dim=task.dim,
    )


def _one_surrogate(task: Task, child: int, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one child ``(K, *space)`` and its losses."""
    exemplar, exponent = unit_items(task.exemplars[task.parents[child]], dim=task.dim)
    axes = tuple(range(-task.dim, 0))
    periodic = periodic_component(exemplar, dim=task.dim)
    rescale = exemplar.std(axis=axes, keepdims=True) / periodic.std(axis=axes, keepdims=True)
    wanted = fft.rfftn(periodic * rescale, axes=axes)
    amplitude = np.abs(wanted)
    own_phase = wanted / np.maximum(amplitude, np.finfo(float).tiny)
    times = _times(amplitude.shape, task.space)
    scale = np.sqrt(np.sum(times * amplitude**2))
    values = np.sort(exemplar.reshape(len(exemplar), -1), axis=-1)
    order = np.argsort(noise(task, child, task.space).ravel())
    order = np.broadcast_to(order, values.shape)
    losses, sample = np.empty(iterations), np.empty_like(values)
    for iteration in range(iterations):
        _place(sample, order, values)
        field = sample.reshape(exemplar.shape).astype(np.float64, copy=False)
        spectrum = fft.rfftn(field, axes=axes)
        modulus = np.abs(spectrum)
        losses[iteration:] = np.sqrt(np.sum(times * (modulus - amplitude) ** 2)) / scale
        turned = _turned(spectrum, modulus, own_phase)
        turned *= amplitude
        imposed = fft.irfftn(turned, s=task.space, axes=axes, overwrite_x=True)
        new_order = np.argsort(imposed.reshape(values.shape), axis=-1)
        if (new_order == order).all():
            break
        order = new_order
    _place(sample, order, values)
    return np.ldexp(sample.reshape(exemplar.shape), exponent.reshape(-1, *(1,) * task.dim)), losses


def _place(sample: np.ndarray, order: np.ndarray, values: np.ndarray) -> None:
    """Put the sorted values of each component where its order says."""
    for own, places, component in zip(sample, order, values, strict=True):
        own[places] = component


def _times(shape: tuple[int, ...], space: tuple[int, ...]) -> np.ndarray:
    """Return how many frequencies of a real field each of half its spectrum stands for, 0 the mean.

    Along the last axis the others are conjugates, but for the first and, of an even length, the
    last.
    """
    times = np.full(shape, 2.0)
    times[..., 0] = 1.0
    if space[-1] % 2 == 0:
        times[..., -1] = 1.0
    times.reshape(len(times), -1)[:, 0] = 0.0
    return times


def _turned(spectrum: np.ndarray, modulus: np.ndarray, own_phase: np.ndarray) -> np.ndarray:
    """Return the phase factors of all components, each component's own turned by a common angle."""
    if len(spectrum) == 1:  # then the angle leads to the spectrum's own phases
        return _unit(spectrum, modulus)
    turn = (_unit(spectrum, modulus) * own_phase.conj()).sum(axis=0)
    return own_phase * _unit(turn, np.abs(turn))


def _unit(z: np.ndarray, modulus: np.ndarray) -> np.ndarray:
    """Return complex numbers of modulus one, 1 where z is zero."""
    zero = modulus == 0
    if zero.any():
        return np.where(zero, 1.0, z / np.where(zero, 1.0, modulus))
    return z / modulus
