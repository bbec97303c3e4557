"""Load large files, each in a fork of its own, and print the peak of memory beside the array's.

The child of test_memory_limits, in a folder:
``python -m tests.toolbox.data.files.loading_in_little_memory FOLDER``.
"""

import json
import os
import resource
import sys
from pathlib import Path

import h5py  # noqa: F401 - what the forks need is imported before their memory is counted
import imagecodecs
import PIL.JpegImagePlugin  # noqa: F401
import tifffile  # noqa: F401

import toolbox

_KEPT = 1 << 28  # bytes of address space, for threads and libraries, beyond three of the arrays


def peak_of(action):
    """Return the most memory that a fork had in its life, in bytes, and what it printed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            os.write(writing, json.dumps(action()).encode())
        except BaseException as error:  # the parent reads it
            os.write(writing, json.dumps(f"{type(error).__name__}: {error}").encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = json.loads(pipe.read())
    return os.wait4(child, 0)[2].ru_maxrss * 1024, said


def loaded(file):
    dim = None if file.suffix == ".hea" else 2
    limit = 3 * 2**26 + _KEPT
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + limit, used + limit))
    return toolbox.load(file, dim=dim).values.nbytes


def main():
    folder = Path(sys.argv[1])
    small = folder / "small"
    for file in sorted(small.iterdir()):
        if file.suffix != ".dat":
            toolbox.load(file, dim=None if file.suffix == ".hea" else 2)  # what it imports late
    imagecodecs.version()
    before, _ = peak_of(lambda: 0)
    for file in sorted(folder.iterdir()):
        if file.is_file() and file.suffix != ".dat":
            peak, nbytes = peak_of(lambda file=file: loaded(file))
            sys.stdout.write(json.dumps([file.name, peak - before, nbytes]) + "\n")


if __name__ == "__main__":
    main()
