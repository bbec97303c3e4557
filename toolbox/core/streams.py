"""Named random streams: every draw belongs to a stream, every stream to a seed and names.

A stream is keyed by a digest of the seed and the names, so that the stream of member 3 is the same
whether 5 or 50 members are trained, and drawing more from one stream never shifts another.
"""

import hashlib
from operator import index

import numpy as np


def stream_key(seed: int, *names: str | int) -> np.ndarray:
    """Return the stream's key, two unsigned 32-bit words, as JAX's threefry wants it.

    Examples
    --------
    >>> stream_key(0, "member", 3, "init").shape
    (2,)
    """
    return _digest(seed, names)[:2]


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return the stream as a NumPy generator (Philox, counter-based).

    Examples
    --------
    >>> float(generator(0, "crops").random()) == float(generator(0, "crops").random())
    True
    """
    return np.random.Generator(np.random.Philox(key=_digest(seed, names)[:4].view(np.uint64)))


def numpy_generator(key: np.ndarray) -> np.random.Generator:
    """Return a NumPy generator of a stream's key, for members that draw on the host.

    Examples
    --------
    >>> float(numpy_generator(stream_key(0, "init")).random()) < 1
    True
    """
    words = np.ascontiguousarray(key, dtype=np.uint32).view(np.uint64)
    return np.random.Generator(np.random.Philox(key=int(words[0])))


def integer(seed: int, *names: str | int) -> int:
    """Return a whole number below 2**53 drawn from the stream: a seed for a further function."""
    return int(_digest(seed, names)[:2].view(np.uint64)[0] >> np.uint64(11))


def _digest(seed: int, names: tuple[str | int, ...]) -> np.ndarray:
    # NumPy's whole numbers and strings name the same stream as Python's; repr keeps 3 and "3",
    # and ("a", "b") and ("ab",), apart.
    plain: list[int | str] = [int(seed)]
    for name in names:
        plain.append(str(name) if isinstance(name, str) else index(name))
    text = repr(tuple(plain)).encode()
    return np.frombuffer(hashlib.sha256(text).digest(), dtype=np.uint32).copy()
