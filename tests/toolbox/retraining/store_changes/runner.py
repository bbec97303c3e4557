"""Run studies in many processes at the price of one: each is a fork of this one.

One line of JSON in is one study to run, one line out is what became of it. Nothing that starts
threads is imported here before a fork.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from toolbox import InputError
from toolbox.retraining.retrain import retrain
from toolbox.retraining.store.environments import environment
from toolbox.retraining.store.source_texts import library_version

MEMBERS = 2


def main():
    sys.dont_write_bytecode = True
    environment(engine="", device="", seconds=None)  # what takes its time once
    library_version("a module that nothing provides")
    retrain(lambda streams, data: {"value": 0}, {}, members=1, seed=0)  # imports what it needs
    os.fsync = lambda handle: None  # no power is lost here
    for line in sys.stdin:
        reader, writer = os.pipe()
        if not (child := os.fork()):
            os.close(reader)
            os.write(writer, json.dumps(run(json.loads(line))).encode() + b"\n")
            os._exit(0)
        os.close(writer)
        answer = os.fdopen(reader).read()
        os.waitpid(child, 0)
        sys.stdout.write(answer or '{"died": true}\n')
        sys.stdout.flush()


def run(task):
    """Start the script of a folder, retrain its member on a store, and then without one."""
    os.environ.update(task["variables"])
    os.chdir(task["folder"])
    sys.path.insert(0, task["folder"])
    script = Path(task["folder"]) / "script.py"
    sys.modules["__main__"] = module = ModuleType("__main__")
    module.__file__ = str(script)
    plan = {"data": {"x": np.array([1.0, 2.0, 4.0])}, "members": MEMBERS, "seed": 0}
    plan |= {"progress": False}
    try:
        exec(compile(script.read_text(), script, "exec"), vars(module))
        runs = retrain(module.member, store=task["store"], verify=task["verify"], **plan)
        kept = {"kept": content(runs), "said": runs.verified}
    except InputError as error:
        kept = {"refused": str(error)}
    except Exception as error:
        return {"raised": f"{type(error).__name__}: {error}"}
    return kept | {"fresh": content(retrain(module.member, **plan))}


def content(runs):
    """Return a digest of each member's outputs."""
    rows = []
    for row in range(len(runs.ids)):
        outputs = {name: values[row] for name, values in sorted(runs.outputs.items())}
        text = "".join(f"{n} {v.dtype} {v.shape} {v.tobytes().hex()}" for n, v in outputs.items())
        rows.append(hashlib.sha256(text.encode()).hexdigest())
    return rows


if __name__ == "__main__":
    main()
