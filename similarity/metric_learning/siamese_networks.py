"""Siamese networks trained from scratch: an embedding in which the same texture is near."""

from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit

from similarity.families.spectrum import LOG_FLOOR, whiten
from similarity.metric_learning.fisher_discriminant import fisher_metric
from similarity.metric_learning.training_pairs import (
    Training,
    even_weights,
    from_labels,
    from_pairs,
    from_views,
    held_out_cosines,
)
from similarity.pairs.fitted_fields import checked_images, standardised
from similarity.pairs.known_pairs import weighted_pairs
from similarity.pairs.logistic_lines import logistic_line
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.lazy_blocks import lazy_array, lazy_items
from toolbox.core.records import record
from toolbox.core.streams import generator, stream_key

# Of white Gaussian noise of variance one: E|w|, and E log|w| up to .01.
GAUSSIAN_MEAN, GAUSSIAN_LOG = np.sqrt(2 / np.pi), -0.59
VIEW = 0.6  # of an item's extent along each axis
FEWEST = 10  # items, and judged pairs of each answer


@record
class Siamese:
    """A trained Siamese network.

    Attributes
    ----------
    weights : dict of arrays
    intercept, slope : float
        log-odds of "same" = intercept + slope x cosine, with same and different equally likely
        beforehand.
    dim, components : int
        Of the items that it was trained on.
    loss : str
    losses : array (steps,)
        Mean loss of each step's batch.
    held_out : array (pairs, 2)
        Cosine of each held-out pair, and whether it is the same: what the line was fitted on.
    note : str
    """

    weights: dict[str, np.ndarray]
    intercept: float
    slope: float
    dim: int
    components: int
    loss: str
    losses: np.ndarray
    held_out: np.ndarray
    note: str

    def embed(self, images: Any, *, device: str = "auto") -> np.ndarray:
        """Return unit vectors (n, 32); see `similarity.embed`."""
        return embed(self, images, device=device)

    def same(self, images_a: Any, images_b: Any, *, device: str = "auto") -> np.ndarray:
        """Return the probability (n,) that each pair is the same; see `similarity.siamese_same`."""
        return siamese_same(self, images_a, images_b, device=device)


def siamese(
    images: Any,
    *,
    dim: int,
    pairs: Any = None,
    labels: Any = None,
    units: Any = None,
    error: float = 0.0,
    loss: str = "ntxent",
    seed: int,
    steps: int = 600,
    width: int = 16,
    device: str = "auto",
    progress: bool = True,
) -> Siamese:
    r"""Train a Siamese network from scratch to tell whether two items are the same texture.

    Parameters
    ----------
    images
        ``(n, [components,] *space)``, n >= 10, at least 32 samples an axis (128 for signals).
    dim
        1 (signals) or 2 (images).
    pairs
        (m, 3) judged pairs: i, j, 1 for same or 0 for different; at least ten of each. Items
        that were not judged together are neither pulled nor pushed. A fourth column gives each
        judgement a weight >= 0; a pair may be judged more than once.
    labels
        (n,) labels; at least two of them with six items. Instead of `pairs`. With neither, two
        views of one item are the same and all other items are different.
    units
        (n,) what was drawn independently (a sheet, a photograph), at least four of them, where
        neither pairs nor labels are given: the items of one unit are the same, all others taken for
        different. Some are not, so that P(same) of separate units is too low.
    error
        Probability, below 1/2, that an answer in `pairs` is wrong. At 0 contradictory answers are
        refused.
    loss
        "ntxent", "contrastive" or "triplet".
    seed
        Seed of the initial weights, of the views and of what is held out.
    steps
        Steps of Adam, each on 32 pairs of views.
    width
        Channels of the first layer; the others have 2 and 4 times as many.
    device
        "auto", "cpu" or "cuda:0".
    progress
        Whether a terminal shows a bar.

    Returns
    -------
    Siamese

    Raises
    ------
    InputError
        For too few or too small items, more than one of pairs, labels and units, too few of these,
        contradictory pairs of a judge who never errs, or an error without pairs.

    Notes
    -----
    Each component enters as the standardised item, and as |w| and log|w| of the whitened item w, in
    which non-Gaussian textures of equal spectrum differ; these two share a tower. Views are random
    windows of .6 of the extent. With z the unit vectors of a batch and s the cosine,

    - "ntxent", over same pairs i, p, the n being different (Chen et al., 2020), t = .1:

      .. math:: -\log \frac{e^{s_{ip}/t}}{e^{s_{ip}/t} + \sum_n e^{s_{in}/t}};

    - "contrastive": d^2 over same, max(0, 1 - d)^2 over different pairs (Hadsell et al., 2006);
    - "triplet": max(0, d_ap^2 - d_an^2 + .2) over all triplets (Schroff et al., 2015).

    A judged pair counts |2 q - 1| in the mean over same pairs and in the sum over n, q the
    posterior probability of "same": every answer adds its weight times log((1 - error) / error) to
    the log-odds. With error 0 it counts its weight over the largest.

    Where at least 64 items have another that is the same, Fisher's discriminant of the hidden layer
    of whole items takes the place of the last layer after the training: the embedding of y is
    (y, 1) at unit length, and all directions in which the same differ little and others much count
    alike.

    One item (or judged pair) in five is held out; on its pairs log-odds = a + b cosine is fitted,
    for answers that are wrong with probability `error`,
    same and different pairs weighing equally: `same` assumes even odds beforehand. Without labels
    or pairs "same" means "cut from one item", which separate images of one texture resemble less.
    The same seed gives the same bits on the same machine. On 8 multifractal textures of equal
    spectrum, 42 to 57 CPU-seconds on 60 images of each (width 8, 900 steps) give P@1 .82, an oracle
    .92 (means of 20 draws, benchmarks/siamese.py).

    References
    ----------
    T. Chen, S. Kornblith, M. Norouzi, G. Hinton, "A simple framework for contrastive learning of
    visual representations", ICML 2020.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((12, 32, 32))
    >>> noise[6:] = noise[6:].cumsum(axis=2)
    >>> network = siamese(noise, dim=2, labels=[0] * 6 + [1] * 6, seed=0, steps=20, width=4)
    >>> network.embed(noise).shape, network.same(noise[:3], noise[6:9]).shape
    ((12, 32), (3,))
    """
    from tqdm.auto import tqdm

    from toolbox.core.device import jax_device
    from toolbox.networks.siamese_encoder import smallest_size
    from toolbox.networks.siamese_training import train

    jax_device(device)
    dim, seed = checks.dimension(dim), checks.seed(seed)
    loss = checks.choice(loss, "loss", ("ntxent", "contrastive", "triplet"))
    steps, width = checks.count(steps, "steps"), checks.count(width, "width")
    images = checked_images(images, dim=dim, smallest=FEWEST)
    error = checks.number(error, "error", minimum=0, below=0.5)
    training = _training(len(images), pairs, labels, units, error, seed)
    channels = network_channels(images)
    view = tuple(max(smallest_size(dim), round(VIEW * n)) for n in images.shape[2:])
    with tqdm(total=steps, desc="siamese", disable=None if progress else True) as bar:
        weights, losses = train(
            channels[training.items],
            training.relation,
            training.strength,
            {name: stream_key(seed, "siamese", name) for name in ("init", "views")},
            view=view,
            loss=loss,
            steps=steps,
            width=width,
            device=device,
            report=bar.update,
        )
    weights = _with_metric(weights, channels[training.items], training, device)
    cosine = held_out_cosines(weights, channels, training.held_out, view, device)
    same = training.held_out[:, 2].astype(float)
    intercept, slope = logistic_line(
        cosine, same, even_weights(training.held_out, training.held_weights), error=training.error
    )
    return Siamese(
        weights=weights,
        intercept=intercept,
        slope=slope,
        dim=dim,
        components=images.shape[1],
        loss=loss,
        losses=losses,
        held_out=np.column_stack([cosine, same]),
        note=f"{training.meaning}; calibrated on {len(same)} held-out pairs, even odds beforehand",
    )


def embed(siamese: Siamese, images: Any, *, device: str = "auto") -> np.ndarray:
    """Return unit vectors (n, 32); the higher the cosine of two, the more alike the items.

    Parameters
    ----------
    siamese
        What `similarity.siamese` returned.
    images
        ``(n, [components,] *space)``, or a dask array of blocks of items; as many components as it
        was trained on, any size from 32
        samples an axis (128 for signals); from 47 if it was trained on images of 78 or more, which
        have a fourth layer.
    device
        "auto", "cpu" or "cuda:0".

    Returns
    -------
    array (n, 32), float32
        A dask array where one came in, computed block by block where and when it is asked for.

    Raises
    ------
    InputError
        If `siamese` is something else, or for too small, constant or differently composed items.

    Examples
    --------
    >>> import numpy as np
    >>> from similarity import siamese
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((12, 32, 32))
    >>> network = siamese(noise, dim=2, seed=0, steps=1, width=4)
    >>> bool(np.allclose((embed(network, noise) ** 2).sum(axis=1), 1))
    True
    """
    if (items := lazy_items(images)) is not None:
        from toolbox.networks.siamese_training import ENCODED_TOGETHER

        encode = partial(embed, siamese, device=device)
        return lazy_array(encode, items, "images", together=ENCODED_TOGETHER)
    return _encoded(siamese, images, "images", device)


def siamese_same(
    siamese: Siamese, images_a: Any, images_b: Any, *, device: str = "auto"
) -> np.ndarray:
    r"""Return the probability that images_a[i] and images_b[i] are the same; higher = more alike.

    Parameters
    ----------
    siamese
        What `similarity.siamese` returned.
    images_a, images_b
        ``(n, [components,] *space)``, the same n.
    device
        "auto", "cpu" or "cuda:0".

    Returns
    -------
    array (n,)
        Probabilities, with even odds beforehand; with the prior log-odds l, use
        ``expit(logit(p) + l)``.

    Raises
    ------
    InputError
        As `embed`, or if the numbers of items differ.

    Notes
    -----
    With z the unit vectors of `embed` and the line a + b cosine that `siamese` fitted (Platt, 1999)
    to the pairs held out,

    .. math:: P(\mathrm{same}) = \frac{1}{1 + e^{-(a + b\, z_a^T z_b)}}.

    Examples
    --------
    >>> import numpy as np
    >>> from similarity import siamese
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((12, 32, 32))
    >>> network = siamese(noise, dim=2, seed=0, steps=1, width=4)
    >>> siamese_same(network, noise[:2], noise[2:4]).shape
    (2,)
    """
    a = _encoded(siamese, images_a, "images_a", device)
    b = _encoded(siamese, images_b, "images_b", device)
    if len(a) != len(b):
        refuse("images_b", f"{len(a)} items, as many as images_a", len(b))
    return expit(siamese.intercept + siamese.slope * (a.astype(np.float64) * b).sum(axis=1))


def _encoded(siamese: Siamese, images: Any, argument: str, device: str) -> np.ndarray:
    from toolbox.core.device import jax_device
    from toolbox.networks.siamese_encoder import depth, smallest_size
    from toolbox.networks.siamese_training import encode

    jax_device(device)
    if not isinstance(siamese, Siamese):
        refuse("siamese", "what similarity.siamese returned", type(siamese).__name__)
    images = checked_images(images, dim=siamese.dim, smallest=1, argument=argument)
    if images.shape[1] != siamese.components:
        refuse(argument, f"{siamese.components} components", f"{images.shape[1]}")
    needed = smallest_size(siamese.dim, depth(siamese.weights))
    if min(images.shape[2:]) < needed:
        refuse(argument, f"at least {needed} samples an axis for this network", f"{images.shape}")
    return encode(siamese.weights, network_channels(images), device=device)


def _training(n: int, pairs: Any, labels: Any, units: Any, error: float, seed: int) -> Training:
    rng = generator(seed, "siamese", "held out")
    if units is not None and not (pairs is None and labels is None):
        refuse("units", "none beside pairs or labels, which say what is the same", "both")
    if pairs is not None and labels is not None:
        refuse("pairs", "pairs or labels, not both", "both")
    if error > 0 and pairs is None:
        refuse("error", "0 without pairs, whose answers it is about", error)
    if labels is not None:
        return from_labels(checks.labels(labels, "labels", length=n), rng)
    if pairs is not None:
        return from_pairs(*weighted_pairs(pairs, n, fewest=FEWEST), n, rng, error=error)
    return from_views(checks.units(units, "units", length=n), rng)


def _with_metric(
    weights: dict[str, np.ndarray], channels: np.ndarray, training: Training, device: str
) -> dict[str, np.ndarray]:
    """Return the weights with Fisher's discriminant as the last layer, if enough items are paired.

    With fewer than there are features the scatter of the same is singular: the layer that was
    trained stays.
    """
    from toolbox.networks.siamese_encoder import EMBEDDING, HIDDEN, projected
    from toolbox.networks.siamese_training import hidden

    if ((training.relation == 1).sum(axis=1) > 1).sum() < HIDDEN:  # each is the same as itself
        return weights
    seen = hidden(weights, channels, device=device)
    metric = fisher_metric(seen, training.relation, training.strength, directions=EMBEDDING - 1)
    return projected(weights, *metric)


def network_channels(images: np.ndarray) -> np.ndarray:
    """Return (n, 3 components, *space) float32: items, then log|w|, then |w|, of w whitened items.

    Items are standardised. The strengths are not centred item by item: at variance one, their
    level tells how far the values are from Gaussian.
    """
    standard = standardised(images, dim=images.ndim - 2)
    magnitude = np.abs(whiten(standard))
    channels = [
        standard,
        np.log(magnitude + LOG_FLOOR) - GAUSSIAN_LOG,
        magnitude - GAUSSIAN_MEAN,
    ]
    return np.concatenate(channels, axis=1).astype(np.float32)
