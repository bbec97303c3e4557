"""How far one public call reaches: files, functions, and the deepest stack of our own frames.

python -m benchmarks.shape prints the table and writes benchmarks/results/shape_cpu.json (a minute
of one core); python -m benchmarks.shape NAME also prints the deepest stack of one call, outermost
first.

The rule: the call is made once before, so that everything is imported and compiled (the tracing of
compiled functions is left out) and then under `sys.setprofile`, on one core, so that nothing runs
in other threads. Counted is every Python frame whose code stands in toolbox, synthesis, similarity
or confidence, the public function being the first. A comprehension, a generator and a lambda are
frames as Python 3.11 makes them and count towards the depth; later versions run some comprehensions
inside their function and show smaller numbers. Functions are told apart by file and name, so that
all comprehensions of a file are one.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import numpy as np

import confidence
import similarity
import synthesis
import toolbox
from benchmarks.provenance import write
from toolbox.core.packages import PUBLIC

ROOT = Path(__file__).resolve().parent.parent
IMAGES = toolbox.fractional_field((40, 40), hurst=0.5, n=12, seed=0).values
LABELS = np.repeat([0, 1], 6)
QUIET = {"seed": 0, "progress": False}

CALLS: dict[str, Callable[[], object]] = {
    "describe": lambda: toolbox.describe(IMAGES, dim=2),
    "multifractal": lambda: toolbox.multifractal(IMAGES, dim=2),
    "quality": lambda: synthesis.quality(IMAGES[:6], IMAGES[6:], dim=2, seed=0, resamples=19),
    "siamese": lambda: similarity.siamese(IMAGES, dim=2, labels=LABELS, steps=2, width=4, **QUIET),
    "ensemble": lambda: confidence.ensemble(IMAGES, LABELS, dim=2, members=2, steps=2, **QUIET),
    "wavelet_synthesis": lambda: synthesis.wavelet_synthesis(
        IMAGES[:2], dim=2, n=2, iterations=2, **QUIET
    ),
    "evidence": lambda: similarity.evidence(IMAGES, dim=2, seed=0),
    "evidence, pooled": lambda: similarity.evidence(IMAGES, dim=2, family="pooled", seed=0),
}


class Shape(NamedTuple):
    """What one call reaches: its files, (file, function) pairs, and its deepest stack of them."""

    files: set[str]
    functions: set[tuple[str, str]]
    stack: list[tuple[str, str]]

    @property
    def numbers(self) -> dict[str, int]:
        """How many there are of each."""
        return {"files": len(self.files), "functions": len(self.functions), "deep": len(self.stack)}


def main(chosen: list[str]) -> dict:
    """Measure every call, print the table, and the deepest stacks of the chosen calls."""
    print(f"{'call':<20}{'files':>8}{'functions':>12}{'deepest stack':>16}")
    found = {}
    for name, call in CALLS.items():
        found[name] = shape(call)
        files, functions, deep = found[name].numbers.values()
        print(f"{name:<20}{files:>8}{functions:>12}{deep:>16}")
    for name in chosen:
        print(f"\n{name}")
        for depth, (file, function) in enumerate(found[name].stack, start=1):
            print(f"{depth:>4}  {function:<24}{file}")
    figures = {"calls": {name: one.numbers for name, one in found.items()}}
    return write("shape", figures, libraries=("numpy", "jax", "torch"))


def shape(call: Callable[[], object]) -> Shape:
    """Return what a call reaches when everything is compiled, on one core."""
    call()
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    found = Shape(set(), set(), [])

    def entered(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and (place := own(frame)):
            found.files.add(place[0])
            found.functions.add(place)
            stack = own_stack(frame)
            if len(stack) > len(found.stack):
                found.stack[:] = stack

    sys.setprofile(entered)
    try:
        call()
    finally:
        sys.setprofile(None)
        os.sched_setaffinity(0, allowed)
    return found


def own(frame: FrameType) -> tuple[str, str] | None:
    """Return file and name of a frame of ours."""
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(ROOT) or path.relative_to(ROOT).parts[0] not in PUBLIC:
        return None
    return str(path.relative_to(ROOT)), frame.f_code.co_name


def own_stack(frame: FrameType | None) -> list[tuple[str, str]]:
    """Return our frames from the public function to this one."""
    stack = []
    while frame is not None:
        if place := own(frame):
            stack.append(place)
        frame = frame.f_back
    return stack[::-1]


if __name__ == "__main__":
    main(sys.argv[1:])
