"""A worker: a process of its own that computes the members it is told, one after the other.

It reads orders from its standard input, ``compute 3`` or ``check 3``, and answers each with one
line of JSON. When that input ends, because the parent is done or was killed, it ends too, in the
middle of a member if need be: the store holds what was reached.
"""

import json
import os
import signal
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import Any


def serve(root: str, job: str) -> None:
    """Compute members of a job until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's affair
    answers = os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)  # what a member prints must not look like an answer
    orders: SimpleQueue[tuple[str, int]] = SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    while True:
        answers.write(json.dumps(_answer(root, job, *orders.get())).encode() + b"\n")


def _answer(root: str, job: str, task: str, number: int) -> dict[str, Any]:
    from toolbox.core.checks import InputError
    from toolbox.retraining.processes.jobs import check_member, compute_member

    try:
        if task == "check":
            return {"report": check_member(root, job, number)}
        compute_member(root, job, number, "processes")
    except InputError as error:
        return {"refused": str(error)}
    except Exception:  # a member may raise anything; the parent says so
        return {"raised": f"member {number} raised\n{traceback.format_exc()}"}
    return {}


def _listen(orders: "SimpleQueue[tuple[str, int]]") -> None:
    for line in sys.stdin:
        task, number = line.split()
        orders.put((task, int(number)))
    os._exit(0)
