"""Images drawn from GANs that were trained from scratch."""

from typing import Any

import numpy as np

from synthesis.gan.member import ARCHITECTURE
from toolbox.core import checks
from toolbox.core.streams import generator
from toolbox.networks.torch_devices import checked_device, torch_device
from toolbox.retraining.retrain import Runs


def gan_samples(runs: Runs, *, n: int, seed: int, device: str = "auto") -> np.ndarray:
    """Draw images from each surviving training.

    Parameters
    ----------
    runs : Runs
        What `toolbox.retrain` returned for a `gan_member`.
    n : int
        Images a training.
    seed : int
        Of the latent vectors. Those of member 3 are the same whether 5 or 50 were trained.
    device : str
        "auto", "cpu", "cuda:0".

    Returns
    -------
    ndarray (R, n, K, size, size) of float32
        In the units of the images trained on; of float64 where these are so large, small or far
        from 0 that float32 would round them to a thousandth of their spread or worse. Trainings
        that diverged are left out; the others are in the order of ``runs.ids``.

    Raises
    ------
    InputError
        Runs of something else than GANs, or all of which diverged.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import gan_member, gan_samples
    >>> from toolbox import retrain
    >>> images = np.random.default_rng(0).standard_normal((8, 32, 32))
    >>> member = gan_member(epochs=3, filters=2, latent=4, batch=4)
    >>> runs = retrain(member, {"fields": images}, members=2, seed=0)
    >>> gan_samples(runs, n=5, seed=0).shape
    (2, 5, 1, 32, 32)
    """
    checked_runs(runs)
    n, seed, device = checks.count(n, "n"), checks.seed(seed), checked_device(device)
    if runs.diverged.all():
        got = f"{len(runs.ids)} of {len(runs.ids)} that diverged"
        checks.refuse("runs", "a training that did not diverge", got)
    rows = np.flatnonzero(~runs.diverged)
    return np.stack([samples_of(runs, row, n=n, seed=seed, device=device) for row in rows])


def samples_of(runs: Runs, row: int, *, n: int, seed: int, device: str) -> np.ndarray:
    """Return the images (n, K, size, size) of one training."""
    from toolbox.networks.dcgan_training import generated

    outputs = {name: values[row] for name, values in runs.outputs.items()}
    plan = dict(zip(ARCHITECTURE, outputs["architecture"].tolist(), strict=True))
    rng = generator(seed, "gan_samples", int(runs.ids[row]))
    z = rng.standard_normal((n, plan["latent"]), dtype=np.float32)
    images = generated(outputs, plan, z, device=torch_device(device))
    scale, centre = outputs["scale"], outputs["centre"]
    if _in_float32(centre, scale):
        scale, centre = scale.astype(np.float32), centre.astype(np.float32)
    return centre[:, None, None] + scale[:, None, None] * images


def _in_float32(centre: np.ndarray, scale: np.ndarray) -> bool:
    """Say whether float32 holds values about a centre to a thousandth of their scale."""
    single = np.finfo(np.float32)
    fine = (single.eps * np.abs(centre) < 1e-3 * scale).all()
    return bool(fine and single.tiny < 1e-6 * scale.min() and scale.max() < 1e-6 * single.max)


def checked_runs(runs: Any) -> None:
    """Refuse what is not the runs of a `gan_member`."""
    wanted = "what toolbox.retrain returned for a gan_member"
    if not isinstance(runs, Runs):
        checks.refuse("runs", wanted, checks.describe_value(runs))
    needed = {"architecture", "centre", "scale", "generator_loss", "generator.1.weight"}
    if not needed <= set(runs.outputs):
        checks.refuse("runs", wanted, f"runs with {', '.join(list(runs.outputs)[:5])}")
