"""Alternate steps of a GAN's discriminator and generator, and their state as arrays (torch)."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

from toolbox.networks.dcgan import (
    dcgan_discriminator,
    dcgan_generator,
    initialise,
    state_arrays,
    with_arrays,
)
from toolbox.networks.torch_devices import one_thread

LOGS = (
    "generator_loss",
    "discriminator_loss",
    "discriminator_accuracy",
    "gradient_ratio",
    "weight_motion",
)
BETAS = (0.5, 0.999)  # Adam's, as Radford et al. (2016) chose them
TINY = 1e-20


class Gan:
    """Both networks with their optimisers: what a checkpoint holds."""

    def __init__(self, architecture: dict[str, int], *, learning_rate: float, device: str) -> None:
        self.device = device
        self.generator, self.discriminator = both_networks(architecture)
        self._rate = learning_rate

    def start(self, generator_rng: np.random.Generator, rng: np.random.Generator) -> None:
        """Draw the initial weights of both networks."""
        initialise(self.generator, generator_rng, self.device)
        initialise(self.discriminator, rng, self.device)
        self._optimise()

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go on from what `arrays` returned."""
        for name, network in self._named():
            with_arrays(network, arrays, name, self.device)
        self._optimise()
        for name, optimiser in self._optimisers.items():
            for i, parameter in enumerate(optimiser.param_groups[0]["params"]):
                first, second, step = (arrays[f"adam.{name}.{i}.{part}"] for part in _ADAM)
                moments = [torch.tensor(m, device=self.device) for m in (first, second)]
                state = dict(zip(_ADAM, [*moments, torch.tensor(step)], strict=True))
                optimiser.state[parameter] = state

    def arrays(self) -> dict[str, np.ndarray]:
        """Return weights, statistics and moments, all that the next step depends on."""
        found = {}
        for name, network in self._named():
            found |= state_arrays(network, name)
        for name, optimiser in self._optimisers.items():
            for i, parameter in enumerate(optimiser.param_groups[0]["params"]):
                for part, value in optimiser.state[parameter].items():
                    found[f"adam.{name}.{i}.{part}"] = value.detach().cpu().numpy().copy()
        return found

    def epoch(self, batches: np.ndarray, latent: np.ndarray) -> dict[str, float]:
        """Make one step a batch, (steps, B, K, h, w) with latent (steps, B, L); return the logs.

        The generator's loss is the one that does not saturate (Goodfellow et al., 2014).
        """
        before = nn.utils.parameters_to_vector(self.generator.parameters()).detach()
        rows = []
        for real, z in zip(batches, latent, strict=True):
            rows.append(self._step(*(torch.from_numpy(v).to(self.device) for v in (real, z))))
        after = nn.utils.parameters_to_vector(self.generator.parameters()).detach()
        g_loss, d_loss, accuracy, log_ratio = torch.stack(rows).double().mean(dim=0).tolist()
        motion = float((after - before).norm() / before.norm())
        values = (g_loss, d_loss, accuracy, float(np.exp(log_ratio)), motion)
        return dict(zip(LOGS, values, strict=True))

    def settle(self, latent: np.ndarray) -> None:
        """Take the generator's normalisation from batches (steps, B, L) of the final weights.

        The running statistics of training lag behind, most of all in the first hundred steps (Wu &
        Johnson, 2021).
        """
        norms = [layer for layer in self.generator if isinstance(layer, nn.BatchNorm2d)]
        for layer in norms:
            layer.reset_running_stats()
            layer.momentum = None  # the plain mean over the batches
        with torch.no_grad():
            for z in latent:
                self.generator(torch.from_numpy(z).to(self.device))

    def _step(self, real: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        fake = self.generator(z)
        on_real, on_fake = self.discriminator(real), self.discriminator(fake.detach())
        d_loss = softplus(-on_real).mean() + softplus(on_fake).mean()
        d_size = self._descend("discriminator", d_loss)
        g_loss = softplus(-self.discriminator(fake)).mean()
        g_size = self._descend("generator", g_loss)
        accuracy = ((on_real > 0).float().mean() + (on_fake < 0).float().mean()) / 2
        log_ratio = ((g_size + TINY) / (d_size + TINY)).log()
        return torch.stack([g_loss, d_loss, accuracy, log_ratio]).detach()

    def _descend(self, name: str, loss: torch.Tensor) -> torch.Tensor:
        """Move one network down its loss; return the length of its gradient."""
        parameters = self._optimisers[name].param_groups[0]["params"]
        slopes = torch.autograd.grad(loss, parameters)
        for parameter, slope in zip(parameters, slopes, strict=True):
            parameter.grad = slope
        self._optimisers[name].step()
        return torch.stack([slope.norm() for slope in slopes]).norm()

    def _named(self) -> tuple[tuple[str, nn.Sequential], ...]:
        return ("generator", self.generator), ("discriminator", self.discriminator)

    def _optimise(self) -> None:
        self._optimisers = {
            name: torch.optim.Adam(network.parameters(), self._rate, BETAS)
            for name, network in self._named()
        }


_ADAM = ("exp_avg", "exp_avg_sq", "step")


def both_networks(architecture: dict[str, int]) -> tuple[nn.Sequential, nn.Sequential]:
    """Return generator and discriminator without values."""
    shape = (architecture["components"], architecture["size"])
    both = {name: architecture[name] for name in ("filters", "depth")}
    own = {"latent": architecture["latent"], "bounded": bool(architecture["bounded"])}
    return dcgan_generator(*shape, **both, **own), dcgan_discriminator(*shape, **both)


def generated(
    weights: dict[str, np.ndarray], architecture: dict[str, int], z: np.ndarray, *, device: str
) -> np.ndarray:
    """Return the generator's images (n, K, size, size) of latent vectors (n, L), block by block.

    Batch normalisation uses the statistics that were settled after training, so that no image
    depends on those that are made with it.
    """
    network = with_arrays(both_networks(architecture)[0], weights, "generator", device).eval()
    with one_thread(), torch.no_grad():
        blocks = [network(torch.from_numpy(part).to(device)) for part in _blocks(z)]
        return torch.cat(blocks).cpu().numpy()


def _blocks(z: np.ndarray) -> list[np.ndarray]:
    return [z[i : i + 256] for i in range(0, len(z), 256)]
