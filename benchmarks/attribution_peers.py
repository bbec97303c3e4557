"""Attributions beside captum and shap: error and time of the same question.

python -m benchmarks.attribution_peers writes benchmarks/results/attribution_peers_<platform>.json.
Integrated gradients of 1000 items x 20 members against a loop over captum in torch, on the same
weights and one thread: captum at 16 midpoints, ours by default, and how far both are from the
integral (captum at 1024 midpoints). Exact Shapley values of 12 groups against shap's
KernelExplainer on all coalitions and by its default. A peer that is not installed is named in the
result (captum: the extra [explain]).
"""

import importlib.util
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.provenance import write
from confidence import classify_series, explain
from confidence.explanations.models import NetworkModel
from toolbox import additive_phenology

ITEMS, MEMBERS, STEPS, GROUPS, EXPLAINED = 1000, 20, 16, 12, 20
FINE, FEW = 1024, 40  # steps and items of the integral
REPEATS = 5


def best_of(function: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return the least of a few times and of processor times, after a first call that compiles.

    The latter are of all threads, and what else runs on the machine hardly counts in them. The
    answer comes last.
    """
    answer, times, processor = function(), [], []
    for _ in range(REPEATS):
        began, used = time.perf_counter(), time.process_time()
        answer = function()
        times.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    return min(times), min(processor), answer


def torch_network(weights: dict[str, np.ndarray]) -> Any:
    """Return TempCNN in torch, for packed series (n, T, B + 1), with the weights of one member."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = {k: torch.tensor(np.asarray(v)) for k, v in weights.items() if k != "loss"}
            self.kernels = []
            for layer in range(2):
                filters = self.w[f"filters_{layer}"]  # (taps x inputs, outputs)
                taps = filters.reshape(5, -1, filters.shape[1])
                self.kernels.append(taps.permute(2, 1, 0).contiguous())

        def forward(self, values: Any) -> Any:
            x = torch.cat([values, torch.ones_like(values[..., :1])], dim=2).transpose(1, 2)
            for layer, kernel in enumerate(self.kernels):
                bias = self.w[f"bias_{layer}"]
                x = torch.relu(torch.nn.functional.conv1d(x, kernel, bias, padding=2))
            flat = x.transpose(1, 2).reshape(len(x), -1)
            hidden = torch.relu(flat @ self.w["dense_0"] + self.w["offset_0"])
            logits = hidden @ self.w["dense_1"] + self.w["offset_1"]
            return logits[:, 1] - logits[:, 0]

    return Network()


def integrated(trained: Any, asked: np.ndarray) -> dict[str, Any]:
    """Time integrated gradients of all members."""
    seconds, processor, ours = best_of(lambda: explain(trained, asked).values)
    found: dict[str, Any] = {"seconds": seconds, "items": len(asked), "members": MEMBERS}
    found["processor_seconds"] = processor
    if importlib.util.find_spec("captum") is None:
        return found | {"captum": "not installed"}
    import torch
    from captum.attr import IntegratedGradients

    torch.set_num_threads(1)
    model = NetworkModel(trained)
    x = torch.tensor(model.read(asked, None)[0].astype(np.float32))
    base = torch.tensor(model.baseline(None))[None].expand_as(x)
    networks = [
        torch_network({k: v[r] for k, v in model.parameters.items()}) for r in range(MEMBERS)
    ]

    def loop(items: int = ITEMS, steps: int = STEPS) -> np.ndarray:
        told = [
            IntegratedGradients(network).attribute(
                x[:items],
                base[:items],
                n_steps=steps,
                method="riemann_middle",
                internal_batch_size=1024,
            )
            for network in networks
        ]
        return np.stack([one.detach().numpy() for one in told])

    peer, peer_processor, theirs = best_of(loop)
    integral = loop(FEW, FINE)
    return found | {
        "captum_seconds": peer,
        "captum_processor_seconds": peer_processor,
        "times_faster": peer / seconds,
        "times_less_processor": peer_processor / processor,
        "error": _root_mean_square(ours[:, :FEW] - integral),
        "captum_error": _root_mean_square(theirs[:, :FEW] - integral),
        "largest_error": float(np.abs(ours[:, :FEW] - integral).max()),
        "captum_largest_error": float(np.abs(theirs[:, :FEW] - integral).max()),
        "value": _root_mean_square(integral),
    }


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def shapley(trained: Any, asked: np.ndarray) -> dict[str, Any]:
    """Time exact Shapley values of groups of two dates in one member, and their completeness."""
    few = asked[:EXPLAINED]
    groups = np.repeat(np.arange(GROUPS), few.shape[1] // GROUPS)[:, None]
    groups = np.broadcast_to(groups, few.shape[1:])

    def ours() -> Any:
        return explain(single, few, method="shapley", groups=groups)

    single = _single(trained)  # of both: the peer must not pay for the other members
    model = NetworkModel(single)
    x = model.read(few, None)[0]
    base = np.broadcast_to(model.baseline(None), x.shape)

    def member(series: np.ndarray) -> np.ndarray:
        return model.logits(series.astype(np.float32), np.ones(series.shape[:2], bool))[0]

    seconds, _, found = best_of(ours)
    sums = np.stack([found.values[0][:, groups == g].sum(axis=1) for g in range(GROUPS)], axis=1)
    gap = np.abs(sums.sum(axis=1) - (found.odds - found.base_odds)[0]).max()
    result: dict[str, Any] = {
        "seconds": seconds,
        "items": EXPLAINED,
        "groups": GROUPS,
        "completeness": float(gap),
    }
    if importlib.util.find_spec("shap") is None:
        return result | {"shap": "not installed"}
    import shap

    def of_coalitions(item: int) -> Callable[[np.ndarray], np.ndarray]:
        def value(masks: np.ndarray) -> np.ndarray:
            kept = masks.astype(bool)[:, groups]
            logits = member(np.where(kept, x[item], base[item]))
            return (logits[:, 1] - logits[:, 0]).astype(np.float64)

        return value

    def kernel(**settings: Any) -> np.ndarray:
        told = []
        for item in range(EXPLAINED):
            explainer = shap.KernelExplainer(of_coalitions(item), np.zeros((1, GROUPS)))
            options = {"nsamples": 2**GROUPS, "silent": True} | settings
            told.append(explainer.shap_values(np.ones((1, GROUPS)), **options)[0])
        return np.stack(told)

    peer, _, theirs = best_of(lambda: kernel(l1_reg=False))
    default = kernel()
    return result | {
        "shap_seconds": peer,
        "times_faster": peer / seconds,
        "difference_from_shap": float(np.abs(sums - theirs).max()),
        "error_of_shap_by_default": float(np.abs(default - sums).max()),
    }


def _single(trained: Any) -> Any:
    """Return the ensemble of the first member alone."""
    from dataclasses import replace

    runs = trained.runs
    first = {name: values[:1] for name, values in runs.outputs.items()}
    return replace(trained, runs=replace(runs, outputs=first, diverged=runs.diverged[:1]))


def main() -> None:
    """Train once, ask both questions, write the results."""
    world = additive_phenology(n=150 + ITEMS, seed=0)
    trained = classify_series(
        world.values[:150],
        world.labels[:150],
        dates=world.dates,
        members=MEMBERS,
        seed=0,
        network="tempcnn",
        progress=False,
    )
    asked = world.values[150:]
    found = {"integrated gradients": integrated(trained, asked), "shapley": shapley(trained, asked)}
    write("attribution_peers", found, libraries=("jax", "numpy", "torch", "captum", "shap"))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
