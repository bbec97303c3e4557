"""L-BFGS over a batch of independent problems, each with its own steps and its own history."""

from collections.abc import Callable

import torch

Objective = Callable[[torch.Tensor], torch.Tensor]

_SUFFICIENT_DECREASE = 1e-4
_LEAST_CURVATURE = 1e-8


def minimise(
    objective: Objective, start: torch.Tensor, *, iterations: int, history: int = 10
) -> tuple[torch.Tensor, torch.Tensor]:
    r"""Minimise a batch of objectives that share nothing; return points and losses.

    Every iteration evaluates the objective once for the whole batch. An item whose trial point
    fails the Armijo condition :math:`f(x + t d) \le f(x) + 10^{-4}\, t\, \langle g, d \rangle`
    shortens its own step while the others move on, so that what becomes of an item does not
    depend on the rest of the batch.

    Parameters
    ----------
    objective : callable
        Takes points (B, D), returns losses (B,); the loss of an item depends on its point alone.
    start : Tensor, shape (B, D)
    iterations : int
        Number of evaluations after the first one.
    history : int
        Number of pairs :math:`(s, y)` kept an item.

    Returns
    -------
    x : Tensor, shape (B, D)
        The best point of each item.
    losses : Tensor, shape (B, iterations)
        Its loss so far, which never increases.

    Notes
    -----
    The direction is :math:`-H g` by the two-loop recursion (Nocedal & Wright, 2006, algorithm
    7.4) with :math:`H_0 = \langle s, y \rangle / \langle y, y \rangle`. A pair whose curvature
    :math:`\langle s, y \rangle` is not positive is left out. A rejected step is shortened to the
    minimiser of the parabola through the two losses and the slope, kept within a tenth and a half.
    """
    x = start.detach().clone()
    loss, gradient = _evaluate(objective, x)
    pairs = _Pairs(x, history)
    direction = _first_direction(gradient)
    step = torch.ones_like(loss)
    losses = torch.empty(len(x), iterations, dtype=x.dtype, device=x.device)
    for iteration in range(iterations):
        slope = _dot(gradient, direction)
        trial = x + step[:, None] * direction
        trial_loss, trial_gradient = _evaluate(objective, trial)
        accepted = trial_loss <= loss + _SUFFICIENT_DECREASE * step * slope
        pairs.append(trial - x, trial_gradient - gradient, accepted)
        step = torch.where(accepted, 1.0, step * _shorter(loss, slope * step, trial_loss))
        x = torch.where(accepted[:, None], trial, x)
        gradient = torch.where(accepted[:, None], trial_gradient, gradient)
        loss = torch.where(accepted, trial_loss, loss)
        direction = torch.where(accepted[:, None], pairs.direction(gradient), direction)
        losses[:, iteration] = loss
    return x, losses


class _Pairs:
    """The last steps s and gradient changes y of every item, in a ring: the newest at `newest`."""

    def __init__(self, x: torch.Tensor, history: int) -> None:
        self.s = x.new_zeros(history, *x.shape)
        self.y = x.new_zeros(history, *x.shape)
        self.inverse = x.new_zeros(history, len(x))  # 1 / <s, y>, zero where there is no pair
        self.scale = x.new_ones(len(x))
        self.known = x.new_zeros(len(x), dtype=torch.bool)
        self.newest, self.kept = -1, 0

    def append(self, s: torch.Tensor, y: torch.Tensor, accepted: torch.Tensor) -> None:
        """Add the pairs of the accepted items that have positive curvature."""
        curvature, square = _dot(s, y), _dot(y, y)
        good = accepted & (curvature > _LEAST_CURVATURE * square.sqrt() * _dot(s, s).sqrt())
        bad = (~good).nonzero()[:, 0]
        if len(bad) == len(good):
            return
        history = len(self.s)
        self.newest, self.kept = (self.newest + 1) % history, min(self.kept + 1, history)
        # The ring turns for all items: those without a new pair are turned with it, and keep all.
        for ring, new in ((self.s, s), (self.y, y), (self.inverse, 1 / curvature)):
            turned = ring[:, bad].roll(1, dims=0) if len(bad) else None
            ring[self.newest] = new
            if turned is not None:
                ring[:, bad] = turned
        self.scale = torch.where(good, curvature / square, self.scale)
        self.known |= good

    def direction(self, gradient: torch.Tensor) -> torch.Tensor:
        """Return minus the inverse Hessian's estimate times the gradient."""
        q = gradient.clone()
        rising = [(self.newest - age) % len(self.s) for age in reversed(range(self.kept))]
        alphas = {}
        for k in reversed(rising):
            alphas[k] = self.inverse[k] * _dot(self.s[k], q)
            q -= alphas[k][:, None] * self.y[k]
        q *= self.scale[:, None]
        for k in rising:
            q += (alphas[k] - self.inverse[k] * _dot(self.y[k], q))[:, None] * self.s[k]
        return torch.where(self.known[:, None], -q, _first_direction(gradient))


def _evaluate(objective: Objective, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the losses (B,) and their gradients (B, D)."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        loss = objective(x)
        (gradient,) = torch.autograd.grad(loss.sum(), x)
    return loss.detach(), gradient


def _first_direction(gradient: torch.Tensor) -> torch.Tensor:
    """Return steepest descent, no longer than one."""
    length = gradient.norm(dim=1, keepdim=True)
    return -gradient / length.clamp(min=1.0)


def _shorter(loss: torch.Tensor, slope: torch.Tensor, trial_loss: torch.Tensor) -> torch.Tensor:
    """Return by how much a rejected step shrinks: a tenth after a loss that is not finite."""
    factor = -slope / (2 * (trial_loss - loss - slope))
    return torch.nan_to_num(factor, nan=0.1).clamp(0.1, 0.5)


def _dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the inner product of every item, (B,)."""
    return (a * b).sum(dim=1)
