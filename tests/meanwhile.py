"""Something that happens again and again while a test does something else."""

import threading
import time
from contextlib import contextmanager


@contextmanager
def meanwhile(function):
    """Call a function some thousand times a second in a thread."""
    stop = threading.Event()

    def again():
        while not stop.is_set():
            function()
            time.sleep(2e-4)

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
