"""Time of one member trained from scratch: `toolbox.retrain` against a plain torch loop.

Same networks, batch sizes, optimiser and number of steps; both take turns in one process, so that
a busy machine slows both. Torch runs on one thread, the way to train many members at once: with
more threads on a busy machine it can starve. Besides: 1000 networks from scratch, with and without
a store; and what the store costs, as the time that a call takes beyond that of its members. Run
with ``python -m benchmarks.retraining [--only members|thousand|store]``.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import jax
import numpy as np
import torch

from toolbox import retrain
from toolbox.networks.training import classifier_member, training_data
from toolbox.retraining.engines import STREAMS

RESULTS = Path(__file__).parent / "results" / "retraining_cpu.json"
BATCH = 32
RATE = 3e-3


def torch_network(kind: str, features: tuple[int, ...], classes: int) -> torch.nn.Module:
    """Return the torch form of the toolbox's networks."""
    nn = torch.nn
    if kind == "multilayer_perceptron":
        widths = [nn.Linear(*features, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU()]
        return nn.Sequential(*widths, nn.Linear(64, classes))
    depths, layers = (features[0], 8, 16, 32), []
    for before, after in pairwise(depths):
        layers += [nn.Conv2d(before, after, 3, stride=2), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, classes))


def torch_member(kind: str, x: torch.Tensor, y: torch.Tensor, steps: int, seed: int) -> float:
    """Train once with torch and return the last loss."""
    own = torch.Generator().manual_seed(seed)
    network = torch_network(kind, x.shape[1:], int(y.max()) + 1)
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    order, position = torch.randperm(len(x), generator=own), 0
    for _ in range(steps):
        if position + BATCH > len(x):
            order, position = torch.randperm(len(x), generator=own), 0
        chosen = order[position : position + BATCH]
        position += BATCH
        loss = torch.nn.functional.cross_entropy(network(x[chosen]), y[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return float(loss.detach())


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's digits, standardised."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return ((x - x.mean()) / x.std()).astype(np.float32), y


def crops_of_photographs() -> tuple[np.ndarray, np.ndarray]:
    """Return 216 crops of 40 x 40 pixels of brick, grass and gravel, standardised one by one."""
    from skimage import data

    crops = []
    for image in (data.brick(), data.grass(), data.gravel()):
        blocks = image[:480, :240].reshape(12, 40, 6, 40).swapaxes(1, 2).reshape(-1, 1, 40, 40)
        crops.append(blocks.astype(np.float64))
    x = np.concatenate(crops)
    x = (x - x.mean((2, 3), keepdims=True)) / x.std((2, 3), keepdims=True)
    return x.astype(np.float32), np.repeat(range(3), len(x) // 3)


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Return seconds of the wall clock and of this process's processors."""
    wall, used = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - used


def one_program(kind: str, data: dict, members: int, classes: int) -> Callable[[], object]:
    """Return a call of the alternative to "map": `jax.lax.map` over the members in one program."""
    member = classifier_member(kind, classes=classes, batch=BATCH)
    keys = {
        name: np.random.default_rng(i).integers(2**32, size=(members, 2), dtype=np.uint32)
        for i, name in enumerate(STREAMS)
    }
    placed = jax.device_put(data)
    program = jax.jit(lambda keys, data: jax.lax.map(lambda k: member(k, data), keys))
    return lambda: jax.block_until_ready(program(keys, placed))


def compare(
    kind: str, x: np.ndarray, y: np.ndarray, *, members: int, steps: int, rounds: int
) -> dict:
    """Return the milliseconds a step of each way, taking turns."""
    member = classifier_member(kind, classes=int(y.max()) + 1, batch=BATCH)
    data = training_data(x, y, np.ones(len(x)), steps=steps, learning_rate=RATE)
    tensors = torch.tensor(x), torch.tensor(y, dtype=torch.int64)

    def torch_loop() -> None:
        for seed in range(members):
            torch_member(kind, *tensors, steps, seed)

    ways = {
        "map": lambda: retrain(member, data, members=members, seed=0),
        "loop, jitted": lambda: retrain(member, data, members=members, seed=0, engine="loop"),
        "one lax.map": one_program(kind, data, members, int(y.max()) + 1),
        "torch, 1 thread": torch_loop,
    }
    first = {name: timed(way)[0] for name, way in ways.items()}
    times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(timed(way))
    per_step = 1e3 / (members * steps)
    rows = {
        name: {
            "wall_ms_per_step": round(float(np.median([w for w, _ in t])) * per_step, 4),
            "processor_ms_per_step": round(float(np.median([c for _, c in t])) * per_step, 4),
            "first_call_s": round(first[name], 2),
        }
        for name, t in times.items()
    }
    ratios = [t[0] / m[0] for t, m in zip(times["torch, 1 thread"], times["map"], strict=True)]
    return {
        "items": len(x),
        "shape": list(x.shape[1:]),
        "members": members,
        "steps": steps,
        "rounds": rounds,
        "ways": rows,
        "torch_1_thread_over_map": {
            "median": round(float(np.median(ratios)), 2),
            "least": round(min(ratios), 2),
            "most": round(max(ratios), 2),
        },
    }


def thousand(*, members: int) -> dict:
    """Return the seconds for many small networks on 304 digits, 190 steps of 64 items each."""
    x, y = digits()
    member = classifier_member("multilayer_perceptron", classes=10, batch=64)
    data = training_data(x[:304], y[:304], np.ones(304), steps=190, learning_rate=RATE)
    rows = {}
    with TemporaryDirectory() as folder:
        ways = {
            "map": {"engine": "map"},
            "vmap": {"engine": "vmap"},
            "map, into a store": {"engine": "map", "store": Path(folder) / "store"},
            "read from the store": {
                "engine": "map",
                "store": Path(folder) / "store",
                "verify": False,
            },
            "read and one verified": {"engine": "map", "store": Path(folder) / "store"},
        }
        for name, way in ways.items():
            call = partial(retrain, member, data, members=members, seed=0, **way)
            wall, processor_s = timed(call)
            rows[name] = {"wall_s": round(wall, 2), "processor_s": round(processor_s, 2)}
    return {"members": members, "items": 304, "batch": 64, "steps": 190, "ways": rows}


def busy_member(streams: dict, data: dict, checkpoint: object, *, checkpoints: int) -> dict:
    """Compute for a second, not counting the time in which checkpoints are saved."""
    began, weights = time.perf_counter(), data["x"]
    for part in range(1, checkpoints + 2):
        while time.perf_counter() - began < part / (checkpoints + 1):
            weights = np.sin(weights)
        paused = time.perf_counter()
        if part <= checkpoints:
            checkpoint.save({"weights": weights})
        began += time.perf_counter() - paused
    return {"weights": weights}


def cost_of_the_store(*, members: int) -> dict:
    """Return how much longer a call takes than its members, of one second each; a share."""
    rows = {}
    for numbers, checkpoints in ((10_000, 0), (10_000, 10), (1_000_000, 0), (1_000_000, 10)):
        data = {"x": np.linspace(-1, 1, numbers, dtype=np.float32)}
        member = partial(busy_member, checkpoints=checkpoints)
        with TemporaryDirectory() as folder:
            ways = {"no store": {}, "store": {"store": Path(folder) / "store"}}
            calls = {k: partial(retrain, member, data, seed=0, **way) for k, way in ways.items()}
            times = {name: timed(partial(call, members=members))[0] for name, call in calls.items()}
        name = f"results of {4 * numbers / 1e6:g} MB, {checkpoints} checkpoints a member"
        rows[name] = {way: round(wall / members - 1, 4) for way, wall in times.items()}
    return {"members": members, "overhead": rows}


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--only", choices=("members", "thousand", "store"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    parts = {
        "members": lambda: {
            "digits, multilayer perceptron": compare(
                "multilayer_perceptron", *digits(), members=6, steps=150, rounds=options.rounds
            ),
            "40 x 40 crops, convolutional": compare(
                "convolutional", *crops_of_photographs(), members=4, steps=50, rounds=options.rounds
            ),
        },
        "thousand": lambda: {"1000 networks": thousand(members=1000)},
        "store": lambda: {"cost of the store": cost_of_the_store(members=8)},
    }
    result = json.loads(options.out.read_text()) if options.only and options.out.exists() else {}
    for name, part in parts.items():
        if options.only in (None, name):
            result |= measured(part)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measured(part: Callable[[], dict]) -> dict:
    """Return each result of a part with the machine on which, and how busy, it was measured."""
    load = os.getloadavg()[0]
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "processor": processor(),
            "cores": len(os.sched_getaffinity(0)),
            "system": platform.system(),
            "load_before": round(load, 2),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("jax", "torch", "numpy")},
        },
    }
    return {name: about | result for name, result in part().items()}


def processor() -> str:
    """Return the processor's name as the system states it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
