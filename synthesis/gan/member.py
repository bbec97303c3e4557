"""One generative adversarial network trained from scratch: a member for `toolbox.retrain`."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.streams import generator
from toolbox.networks.torch_devices import checked_device, one_thread, torch_device

SIZES = (32, 64, 128, 256)  # powers of two from the 4 x 4 that a DCGAN starts with, doubled
OUTPUTS = ("linear", "tanh")
ARCHITECTURE = ("components", "size", "filters", "depth", "latent", "bounded")
SETTLING = 32  # batches that the statistics of batch normalisation are taken from
FEWEST_EPOCHS = 3  # a slope and a variance of the losses need as many


def gan_member(
    *,
    epochs: int,
    filters: int = 16,
    depth: int = 1,
    latent: int = 64,
    batch: int = 32,
    learning_rate: float = 2e-4,
    output: str = "linear",
    resample: bool = False,
    device: str = "auto",
) -> Callable[..., dict[str, np.ndarray]]:
    r"""Return a member for `toolbox.retrain`: a DCGAN trained from scratch on images.

    Python only: it returns a callable.

    Give the images as ``retrain(gan_member(...), {"fields": images}, ...)``: an array (n, K, h, w)
    or (n, h, w) with h = w = 32, 64, 128 or 256. Then `gan_samples` draws from what was trained
    and `gan_reproducibility` measures it.

    Parameters
    ----------
    epochs : int
        Passes through the images, at least 3; ``n // batch`` steps each.
    filters : int
        Channels of the finest layer of both networks; each coarser layer has twice as many, up to
        eight times.
    depth : int
        Convolutions a size of image: 1 is the published architecture, each further one is a 3 x 3
        convolution that keeps the size.
    latent : int
        Number of standard normal variables that an image is made from.
    batch : int
        Images a step, at least 2.
    learning_rate : float
        Of Adam, for both networks.
    output : str
        "linear", or "tanh": samples then stay within the range of the images.
    resample : bool
        Train each member on its own bootstrap of the images; then name "resample" in `redraw`.
    device : str
        "auto", "cpu", "cuda:0".

    Returns
    -------
    functools.partial
        What each member returns is in ``runs.outputs``: the weights ``generator.*``; the logs
        ``generator_loss``, ``discriminator_loss``, ``discriminator_accuracy`` (share of real and
        generated images told right, 0.5 when they cannot be told apart), ``gradient_ratio`` (length
        of the generator's gradient over the discriminator's, geometric mean) and ``weight_motion``
        (length of the change of the generator's weights over their length), each (R, epochs); and
        ``centre``, ``scale`` and ``architecture``.

    Raises
    ------
    InputError
        Arguments that are not as above; when it is trained, images that are not as above, that do
        not vary, or that are fewer than a batch.

    Notes
    -----
    Returns a function, hence has no MATLAB form. Architecture, initial weights and Adam's constants
    are those of Radford, Metz & Chintala (2016). Each component is standardised over all images.
    Each step moves the discriminator D and then the generator G, on the same latent vectors z, down
    the losses of Goodfellow et al. (2014), the generator's being the one that does not saturate:

    .. math:: -E \log D(x) - E \log(1 - D(G(z))), \qquad -E \log D(G(z)).

    The stream "init" draws the weights, "order" the batches and the latent vectors, "resample" the
    bootstrap. Computed in float32, on a CPU by one thread, so that every engine returns the same
    bits. A checkpoint is kept after each epoch.

    After the last epoch the generator's batch normalisation is given the statistics of 32 batches
    of latent vectors under the final weights (Wu & Johnson, 2021): each sample is then a function
    of its own latent vector. A training whose losses or weights are no longer finite ends there,
    with NaN in what is left of its logs, and counts as diverged.

    References
    ----------
    A. Radford, L. Metz, S. Chintala, "Unsupervised representation learning with deep convolutional
    generative adversarial networks", ICLR 2016. I. Goodfellow et al., "Generative adversarial
    nets", NIPS 2014. Y. Wu, J. Johnson, "Rethinking Batch in BatchNorm", arXiv:2105.07576, 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import gan_member
    >>> from toolbox import retrain
    >>> images = np.random.default_rng(0).standard_normal((8, 32, 32))
    >>> member = gan_member(epochs=3, filters=2, latent=4, batch=4)
    >>> runs = retrain(member, {"fields": images}, members=2, seed=0)
    >>> runs.outputs["generator_loss"].shape
    (2, 3)
    """
    output = checks.choice(output, "output", OUTPUTS)
    return partial(
        adversarial_training,
        epochs=checks.count(epochs, "epochs", minimum=FEWEST_EPOCHS),
        filters=checks.count(filters, "filters"),
        depth=checks.count(depth, "depth"),
        latent=checks.count(latent, "latent"),
        batch=checks.count(batch, "batch", minimum=2),
        learning_rate=checks.number(learning_rate, "learning_rate", above=0),
        bounded=output == "tanh",
        resample=checks.flag(resample, "resample"),
        device=checked_device(device),
    )


def adversarial_training(
    streams: dict[str, np.ndarray],
    data: Any,
    checkpoint: Any,
    *,
    epochs: int,
    filters: int,
    depth: int,
    latent: int,
    batch: int,
    learning_rate: float,
    bounded: bool,
    resample: bool,
    device: str,
) -> dict[str, np.ndarray]:
    """Train one GAN, going on from its checkpoint; see `gan_member`."""
    from toolbox.networks.dcgan import state_arrays
    from toolbox.networks.dcgan_training import LOGS, Gan

    fields = checked_fields(data, batch)
    drawn = np.arange(len(fields))
    if resample:
        drawn = stream(streams["resample"]).integers(len(fields), size=len(fields))
    x, centre, scale = standardised(fields, bounded=bounded)
    x = x[drawn]
    numbers = (x.shape[1], x.shape[-1], filters, depth, latent, int(bounded))
    plan = dict(zip(ARCHITECTURE, numbers, strict=True))
    gan = Gan(plan, learning_rate=learning_rate, device=torch_device(device))
    logs, first = {name: np.full(epochs, np.nan) for name in LOGS}, 0
    with one_thread():
        if kept := checkpoint.load():
            gan.restore(kept)
            first = int(kept["epoch"])
            logs = {name: kept[f"log.{name}"].copy() for name in LOGS}
        else:
            init = streams["init"]
            gan.start(stream(init, "generator"), stream(init, "discriminator"))
        for epoch in range(first, epochs):
            if epoch and not finished_well(logs, epoch - 1):
                break
            rng = stream(streams["order"], "epoch", epoch)
            steps = len(x) // batch
            batches = x[rng.permutation(len(x))[: steps * batch]]
            z = rng.standard_normal((steps, batch, latent), dtype=np.float32)
            found = gan.epoch(batches.reshape(steps, batch, *x.shape[1:]), z)
            for name, value in found.items():
                logs[name][epoch] = value
            kept_logs = {f"log.{name}": values for name, values in logs.items()}
            checkpoint.save(gan.arrays() | kept_logs | {"epoch": np.int64(epoch + 1)})
        rng = stream(streams["order"], "settle")
        gan.settle(rng.standard_normal((SETTLING, batch, latent), dtype=np.float32))
    result = state_arrays(gan.generator, "generator") | logs
    result |= {"centre": centre, "scale": scale, "architecture": np.array(numbers)}
    if resample:
        result["in_sample"] = np.isin(np.arange(len(fields)), drawn)
    return result | {"diverged": np.array(not finished_well(logs, epochs - 1))}


def finished_well(logs: dict[str, np.ndarray], epoch: int) -> bool:
    """Say whether an epoch was made and all its logs are finite."""
    return bool(np.isfinite([values[epoch] for values in logs.values()]).all())


def checked_fields(data: Any, batch: int) -> np.ndarray:
    """Return the images (n, K, h, w) that a member is given."""
    fields = data.get("fields") if isinstance(data, dict) else next(iter(data), None)
    if fields is None:
        checks.refuse("data", 'a dictionary with the images as "fields"', list(data))
    fields = checks.items(fields, "fields", dim=2)
    height, width = fields.shape[2:]
    if height != width or height not in SIZES:
        wanted = "square images of " + ", ".join(map(str, SIZES)) + " pixels a side"
        checks.refuse("fields", wanted, f"{height} x {width}")
    if len(fields) < batch:
        checks.refuse("batch", f"at most the number of images, {len(fields)}", batch)
    flat = np.moveaxis(fields, 1, 0).reshape(fields.shape[1], -1)
    if (flat.max(axis=1) == flat.min(axis=1)).any():
        checks.refuse("fields", "components that vary", "one that is constant")
    return fields


def standardised(fields: np.ndarray, *, bounded: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the images in float32 of mean 0 a component, and what brings them back.

    Their standard deviation is 1, or where the output is bounded their largest absolute value.
    """
    values = fields.astype(np.float64)
    centre = values.mean(axis=(0, 2, 3), keepdims=True)
    values = values - centre
    if bounded:
        scale = np.abs(values).max(axis=(0, 2, 3), keepdims=True)
    else:
        scale = values.std(axis=(0, 2, 3), keepdims=True)
    return (values / scale).astype(np.float32), centre.ravel(), scale.ravel()


def stream(key: np.ndarray, *names: str | int) -> np.random.Generator:
    """Return a named stream inside one of a member's streams: epoch 7 is the same after a kill."""
    words = np.ascontiguousarray(key, dtype=np.uint32).view(np.uint64)
    return generator(int(words[0]), *names)
