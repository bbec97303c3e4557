"""A statistic, a family, a synthesiser, a network: each is added by one new file and one line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolbox.core.packages import PUBLIC

ROOT = Path(__file__).parents[2]

# name: (new file, its text, the table, the line, the line of the table that it follows)
ADDED = {
    "statistic": (
        "toolbox/kernels/statistics/roughness.py",
        '''"""Mean squared second difference of each item, a scale."""

import jax.numpy as jnp


def measure(transform):
    """Return the roughness at steps of 1, 2, 4, ... samples along the last axis."""
    x, axes = transform.x, tuple(range(2, transform.x.ndim))
    steps = [2**j for j in range(len(transform.bands))]
    second = [x[..., 2 * s :] - 2 * x[..., s:-s] + x[..., : -2 * s] for s in steps]
    return {"roughness": jnp.stack([jnp.log((d**2).mean(axis=axes)) for d in second], axis=-1)}
''',
        "toolbox/kernels/statistics/registry.py",
        '    "roughness": Statistic("roughness", "smoothness", ("component", "scale")),\n',
        "STATISTICS = {\n",
    ),
    "family": (
        "similarity/families/increments.py",
        '''"""The increments family: logarithms of mean squared increments along the last axis."""

import numpy as np


def log_increments(images, size):
    """Return (n, components x 3) features of items; nothing depends on `size`."""
    axes = tuple(range(2, images.ndim))
    columns = [np.log((np.diff(images, k) ** 2).mean(axis=axes)) for k in (1, 2, 3)]
    return np.stack(columns, axis=-1).reshape(len(images), -1)
''',
        "similarity/families/registry.py",
        '    "increments": Family("increments.log_increments"),\n',
        "FAMILIES = {\n",
    ),
    "synthesiser": (
        "synthesis/synthesisers/shifts.py",
        '''"""Exemplars shifted around."""

import numpy as np

from synthesis.matching.exemplars import read_task
from synthesis.matching.synthesis_record import Synthesis
from toolbox.core.streams import generator


def shifted(exemplars, *, dim, n=1, size=None, seed):
    """Shift exemplars around at random."""
    task = read_task(exemplars, dim=dim, n=n, size=size, seed=seed, smallest=2)
    axes, rng = tuple(range(-dim, 0)), generator(seed, "shifted")
    children = [np.roll(task.exemplars[p], rng.integers(8, size=dim), axes) for p in task.parents]
    return Synthesis(
        samples=task.present(np.stack(children)),
        losses=np.zeros((n, 0)),
        parents=task.parents,
        method="shifted",
        dim=dim,
    )
''',
        "synthesis/__init__.py",
        '        "synthesisers.shifts": ["shifted"],\n',
        "    submod_attrs={\n",
    ),
    "network": (
        "toolbox/networks/linear.py",
        '''"""Logistic regression, in JAX."""

import jax.numpy as jnp


def initialise(key, shape, classes):
    """Return zeros: the loss is convex."""
    return {"weight": jnp.zeros((shape[0], classes)), "bias": jnp.zeros(classes)}


def logits(parameters, x):
    """Return one value an item and class."""
    return x @ parameters["weight"] + parameters["bias"]
''',
        "toolbox/networks/registry.py",
        '    "linear": Network(dims=(0,), learning_rate=1e-1),\n',
        '    "convolutional": Network(dims=(1, 2), learning_rate=1e-2, smallest={1: 29, 2: 15}),\n',
    ),
}

USE = """
import json, numpy as np, toolbox, synthesis, similarity, confidence
rng = np.random.default_rng(0)
x = rng.standard_normal((6, 32, 32))
x[3:] = x[3:].cumsum(axis=2)
described = toolbox.describe(x, dim=2)
z = (x - x.mean((1, 2), keepdims=True)) / x.std((1, 2), keepdims=True)
column = described.values[:, described.names.index("roughness[j=1]")]
expected = np.log((np.diff(z, 2, axis=2) ** 2).mean((1, 2)))
found = similarity.evidence(x, dim=2, family="increments", seed=0)
apart = found.statistics[0, 1] < found.statistics[0, 4]
made = synthesis.shifted(x[:1], dim=2, n=2, seed=1)
v = rng.standard_normal((40, 2))
trained = confidence.ensemble(
    v, v[:, 0] > 0, dim=0, members=2, seed=0, network="linear", steps=50, progress=False
)
right = (trained.votes(v).mean(axis=0)[:, 1] > 0.5) == (v[:, 0] > 0)
print(json.dumps({
    "statistic": bool(np.allclose(column, expected, atol=1e-5)),
    "group": described.groups[described.names.index("roughness[j=2]")],
    "family": [found.family, bool(apart)],
    "synthesiser": [made.method, sorted(made.samples[0].ravel()) == sorted(x[0].ravel())],
    "network": [trained.network, float(right.mean())],
}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """Return a copy of the packages, with the four additions."""
    folder = tmp_path_factory.mktemp("packages")
    for package in PUBLIC:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    for new, text, table, line, before in ADDED.values():
        assert not (folder / new).exists()
        (folder / new).write_text(text)
        whole = (folder / table).read_text()
        assert whole.count(before) == 1
        (folder / table).write_text(whole.replace(before, before + line))
    return folder


def texts(folder):
    """Return every source file of the packages."""
    files = [p for package in PUBLIC for p in (folder / package).rglob("*.py")]
    return {str(p.relative_to(folder)): p.read_text().splitlines() for p in files}


def test_each_addition_is_one_new_file_and_one_line(copy):
    before, after = texts(ROOT), texts(copy)
    assert set(after) - set(before) == {new for new, *_ in ADDED.values()}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {table for _, _, table, *_ in ADDED.values()}
    for name in changed:
        assert len(after[name]) == len(before[name]) + 1


def test_what_was_added_is_there_for_the_public_functions(copy):
    command = [sys.executable, "-c", USE]  # the folder that it runs in comes first on the path
    answer = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout.splitlines()[-1]) == {
        "statistic": True,
        "group": "smoothness",
        "family": ["increments", True],
        "synthesiser": ["shifted", True],
        "network": ["linear", pytest.approx(1, abs=0.1)],
    }
