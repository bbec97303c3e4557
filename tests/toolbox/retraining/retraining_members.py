"""Members that other processes can import, for the tests of engines and of the store.

Nothing here loads JAX, so that workers start quickly.
"""

import os
import signal
import time
from pathlib import Path

import numpy as np

from toolbox.core.streams import numpy_generator


def walk(streams, data, checkpoint, *, steps=8, pause=0.025, log=""):
    """Walk at random, resuming where it was killed; every step depends on all before it."""
    state = checkpoint.load() or {"step": np.int64(0), "place": data["x"].astype(np.float64)}
    if log:
        with Path(log).open("a") as lines:
            lines.write(f"{os.getpid()} {int(state['step'])}\n")
    step, place = int(state["step"]), state["place"]
    while step < steps:
        key = streams["order"] + np.uint32(step)
        place = np.sin(place + numpy_generator(key).normal(size=place.shape))
        step += 1
        time.sleep(pause)
        checkpoint.save({"step": np.int64(step), "place": place})
    return {"place": place, "steps": np.int64(step)}


def mean_of_resample(streams, data, shift=0.0):
    rng = numpy_generator(streams["resample"])
    chosen = rng.integers(len(data["x"]), size=len(data["x"]))
    seen = np.isin(np.arange(len(chosen)), chosen)
    return {"mean": data["x"][chosen].mean() + shift, "in_sample": seen}


def picky(streams, data):
    """Diverge, kill the process or raise, according to the number drawn; `data` says from when."""
    value = numpy_generator(streams["init"]).random()
    if value < data["deadly"]:
        os.kill(os.getpid(), signal.SIGKILL)
    if value > data["raises"]:
        raise ArithmeticError(f"drew {value:.3f}")
    return {"value": np.nan if value > data["diverges"] else value}


def talkative(streams, data):
    print("this is no answer")  # noqa: T201 - that is what is tested
    return {"threads": np.int64(os.environ["OMP_NUM_THREADS"])}


def large(streams, data):
    return {"a": np.zeros(int(data["n"]))}


def typed(streams, data, shifts=()):
    """Fail unless what comes is of the types that were sent."""
    x, options = data
    types = [type(v) for v in (data, x, options["n"], options["list"], shifts)]
    if types != [tuple, np.ndarray, int, list, list]:
        raise TypeError(str(types))
    return {"a": x[shifts] + options["n"], "inf": -np.exp(-options["inf"])}


def returns_nothing(streams, data):
    return None


def stumbling(streams, data, checkpoint, *, marks):
    """Walk as `walk` does, killed once after each checkpoint: more often than a pool forgives."""

    class Stumble:
        load = staticmethod(checkpoint.load)

        @staticmethod
        def save(arrays):
            checkpoint.save(arrays)
            mark = Path(marks) / f"{int(streams['order'][0])}-{int(arrays['step'])}"
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)

    return walk(streams, data, Stumble, steps=6, pause=0.0)
