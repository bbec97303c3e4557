"""Damage files at random and load them: the child process of test_damaged_files.

``python -m tests.toolbox.data.files.damaged_files FORMAT START STOP FOLDER`` prints the number of
each damage before it loads the file, and a line for what went wrong. So its parent knows which one
it did not survive.
"""

import resource
import signal
import struct
import sys
import time
import warnings
from pathlib import Path

import numpy as np

import toolbox
from tests.toolbox.data.files.whole_files import FORMATS, wfdb_sums
from toolbox.core.streams import generator

SECONDS = 10  # for one file
MEMORY = 768 * 2**20  # address space beyond what the imports took
# What is written over numbers of a header: none, the most, signs, lengths of gigabytes.
NUMBERS = (0, 1, 2, 255, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 1000, 42113)


# ----------------------------------------------------------------------------------------- damage


def damaged(seed, content, rng):
    """Return the content with one to four faults, as disks, networks and editors make them."""
    out = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        _damage(out, rng)
    return bytes(out)


def _damage(out, rng):
    size = len(out)
    if size < 16:
        return
    near = min(size, 400)
    place = int(
        [rng.integers(size), rng.integers(near), size - 1 - rng.integers(near)][rng.integers(3)]
    )
    length = int(rng.integers(1, 32))
    kind = rng.integers(8)
    if kind <= 1:
        out[place] ^= 1 << int(rng.integers(8))
    elif kind == 2:
        out[place] = int(rng.integers(256))
    elif kind <= 4:
        code = str(rng.choice(["<H", ">H", "<I", ">I", "<Q", ">Q"]))
        width = struct.calcsize(code)
        number = int(rng.choice(np.array(NUMBERS, dtype=object))) % 2 ** (8 * width)
        out[place : place + width] = struct.pack(code, number)
    elif kind == 5:
        del out[place : place + length]
    elif kind == 6:
        out[place:place] = out[place : place + length]
    else:
        del out[place:]


# ----------------------------------------------------------------------------------- what is right


def loaded(path, seed):
    """Return what the public function makes of a file, as plain values."""
    if seed.name == "torn.npz" and seed.dim == 2:
        return toolbox.restore(path).asdict()
    if seed.name == "torn.safetensors":
        return weights(path)
    return toolbox.load(path.with_name("torn.hea") if seed.beside else path, dim=seed.dim).asdict()


def weights(path):
    """Return the filters of a network's file as if they were items of a `Loaded`."""
    from synthesis.synthesisers.network_weights import read_weights

    network = read_weights(path, blocks=1)
    values = [t.numpy() for t in (*network.filters.values(), *network.biases.values())]
    return {"values": values, "missing": 0, "labels": [], "names": values}


def what_is_wrong(got, whole, seed, content):
    """Say why what was loaded cannot be right, "" if it can."""
    if seed.values is None:  # checksums over everything: right means unharmed
        same_as_whole = same(got, whole | beyond_checksums(got, seed, content))
        return "" if same_as_whole else "another answer than that of the whole file"
    values = got["values"]
    parts = values if isinstance(values, list) else [values]
    if any(part.dtype.kind != "f" or np.isinf(part).any() for part in parts):
        return f"values of {[part.dtype for part in parts]}, or infinite ones"
    size = sum(part.size for part in parts)
    missing = sum(int(np.isnan(part).sum()) for part in parts)
    if size == 0 or got["missing"] != missing / size:
        return f"missing {got['missing']}, counted {missing} of {size}"
    if len(got["labels"]) not in (0, len(values)) or len(got["names"]) != len(values):
        return "other numbers of labels, names and items"
    return of_the_numbers(got, seed, content)


def beyond_checksums(got, seed, content):
    """Return what no checksum of the format could tell: a part that is gone as a whole."""
    if seed.name == "torn.png" and np.isnan(got["resolution"]):
        return {"resolution": np.nan}
    if seed.name == "torn.mat" and len(content) < len(seed.content) and not len(got["labels"]):
        return {"labels": got["labels"], "names": got["names"]}  # variables that came later
    found = {}
    if seed.name == "torn.dat" and "after the last" in got["note"]:  # the file has become longer
        found["note"] = got["note"]
    if seed.name == "torn.dat" and (wfdb_sums(content) == wfdb_sums(seed.content)).all():
        found |= {name: got[name] for name in ("values", "missing", "units")}  # of the same sum
    return found


def of_the_numbers(got, seed, content):
    """Where only the numbers themselves were changed, they must be those of the bytes."""
    stored = seed.values
    raw = stored.tobytes("F" if seed.name == "torn.mat" else "K")
    start = seed.content.find(raw) if len(raw) else -1
    stop = start + len(raw)
    if start < 0 or len(content) != len(seed.content):
        return ""
    if content[:start] != seed.content[:start] or content[stop:] != seed.content[stop:]:
        return ""
    wanted = np.ndarray(stored.shape, stored.dtype, content[start:stop], strides=stored.strides)
    if seed.name == "torn.mat":
        wanted = np.frombuffer(content[start:stop], stored.dtype).reshape(stored.shape, order="F")
    if seed.name == "torn.tif" and stored.dtype.kind == "u":
        wanted = wanted / np.float32(np.iinfo(stored.dtype).max)
    if b"-9999" in content and seed.name == "torn.tif":
        wanted = np.where(wanted == -9999, np.nan, wanted)
    found = got["values"].reshape(wanted.shape)
    return "" if np.array_equal(found, wanted, equal_nan=True) else "other numbers than stored"


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        numbers = a.dtype.kind in "fc"
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=numbers)
    return a == b or (a != a and b != b)


# -------------------------------------------------------------------------------------- the child


class TooLong(BaseException):
    """Not an Exception: nothing on the way may catch it."""


def too_long(*_):
    raise TooLong


def limit_memory():
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))


def one(number, seeds, wholes, folder, kind):
    """Load one damaged file; return what is wrong with the outcome, "" if nothing is."""
    seed = seeds[number % len(seeds)]
    content = damaged(seed, seed.content, generator(7, "damage", kind, number))
    path = folder / seed.name
    path.write_bytes(content)
    for name, other in seed.beside:
        (folder / name).write_bytes(other)
    started = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        got = loaded(path, seed)
    except toolbox.InputError as error:
        named = "torn." in str(error) or str(error).startswith("weights:")
        wrong = "" if named else f"a file without its name: {error}"
    except TooLong:
        wrong = f"more than {SECONDS} s"
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
    else:
        wrong = what_is_wrong(got, wholes[number % len(seeds)], seed, content)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    taken = time.monotonic() - started
    return wrong or (f"{taken:.1f} s" if taken > SECONDS else "")


def main():
    kind, start, stop, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, too_long)
    seeds, wholes = FORMATS[kind](), []
    for seed in seeds:
        (folder / seed.name).write_bytes(seed.content)
        for name, other in seed.beside:
            (folder / name).write_bytes(other)
        wholes.append(loaded(folder / seed.name, seed))
    limit_memory()
    for number in range(start, stop):
        say(number)
        wrong = one(number, seeds, wholes, folder, kind)
        if wrong:
            say(f"wrong {number}: {wrong}")
    say("done")


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
