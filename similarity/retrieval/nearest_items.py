"""The items nearest to each query: exact, in blocks, without a table of all pairs."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from similarity.verification.records import Evidence
from toolbox.core.checks import choice, count, real_array, refuse
from toolbox.core.item_blocks import binary_exponent
from toolbox.core.lazy_blocks import lazy_items, lazy_record
from toolbox.core.records import record

HELD = 4_000_000  # numbers held at once in a block


@record
class Retrieved:
    """The nearest items of each query, the nearest first.

    Attributes
    ----------
    indices : ndarray (queries, k) of int
        Rows of the database; of items that are equally near the smaller index comes first.
    distances : ndarray (queries, k)
        Their distances, lower = more alike; of Evidence, minus the scores.
    measure : str
        What the distances are.
    """

    indices: np.ndarray
    distances: np.ndarray
    measure: str


def retrieve(
    queries: Any, database: Any = None, *, k: int, measure: str = "euclidean"
) -> Retrieved:
    r"""Find the k items of a database that are nearest to each query; lower distance = more alike.

    Parameters
    ----------
    queries
        (q, F) vectors, for example those of `similarity.embed`; or the `Evidence` of n items, each
        of which is then a query among the others; or a dask array of blocks of vectors.
    database
        (n, F) vectors, in memory. Without it (not for a dask array) each query is sought among the
        other queries, itself left out.
    k
        How many, at most the number of candidates.
    measure
        "euclidean", or "cosine" (one minus the cosine). It does not matter for Evidence.

    Returns
    -------
    Retrieved
        `indices`, `distances`, `measure`.

    Raises
    ------
    InputError
        For vectors of different lengths, a k beyond the candidates, one vector without a
        database, a database beside Evidence, or a vector of zeros with "cosine".

    Notes
    -----
    Exact: one matrix product a block of queries gives

    .. math:: \Vert x - y \Vert^2 = \Vert x \Vert^2 + \Vert y \Vert^2 - 2 x^T y

    with a bound on its rounding error (Higham, 2002, section 3.1); every item that could be among
    the k nearest within that bound is measured again as sum (x - y)^2 in float64, so that equal
    vectors are equally near. Some 32 MB are held at once, whatever the size of the database; time
    grows as q n F. The "cosine" distance is 1 - u^T v of vectors scaled to length one, computed as
    half their squared distance. Of a dask array of queries `indices` and `distances` are dask
    arrays, computed where and when they are asked for.

    References
    ----------
    N. J. Higham, "Accuracy and Stability of Numerical Algorithms", SIAM 2002.

    Examples
    --------
    >>> import numpy as np
    >>> points = np.array([[0.0], [3.0], [1.0], [3.0]])
    >>> found = retrieve(points, k=2)
    >>> found.indices.tolist(), found.distances[0].tolist()
    ([[2, 1], [3, 2], [0, 1], [1, 2]], [1.0, 3.0])
    """
    measure = choice(measure, "measure", ("euclidean", "cosine"))
    k = count(k, "k")
    if isinstance(queries, Evidence):
        return _most_evidence(queries, database, k)
    if (items := lazy_items(queries)) is not None:
        if database is None or lazy_items(database) is not None:
            got = "none" if database is None else "a dask array"
            refuse("database", "vectors in memory beside a dask array of queries", got)
        among = real_array(database, "database", ndim=2)
        search = partial(retrieve, database=among, k=k, measure=measure)
        return lazy_record(search, items, "queries", fields=("indices", "distances"), together=2)
    given = real_array(queries, "queries", ndim=2)
    among = given if database is None else real_array(database, "database", ndim=2)
    if among.shape[1] != given.shape[1]:
        refuse("database", f"{given.shape[1]} columns, as queries has", among.shape[1])
    _enough(len(among) - (database is None), k, "queries" if database is None else "database")
    dtype = np.result_type(given, among)
    x, y = _comparable(given, among, measure)
    blocks = [_nearest(x[b], y, k, b if database is None else None) for b in _blocks(x, y)]
    indices, squares = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    if measure == "cosine":
        distances = squares / 2
    else:
        distances = np.ldexp(np.sqrt(squares), binary_exponent(given, among))
    return Retrieved(indices=indices, distances=distances.astype(dtype), measure=measure)


def _most_evidence(evidence: Evidence, database: Any, k: int) -> Retrieved:
    if database is not None:
        refuse("database", "none beside Evidence, which holds all pairs", type(database).__name__)
    distances = -evidence.scores
    _enough(len(distances) - 1, k, "queries")
    np.fill_diagonal(distances, np.inf)
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    nearest = np.take_along_axis(distances, indices, axis=1)
    return Retrieved(indices=indices, distances=nearest, measure="minus the scores")


def _enough(candidates: int, k: int, argument: str) -> None:
    if candidates < 1:
        refuse(argument, "at least two vectors (or a database)", "one, with nothing to find")
    if k > candidates:
        refuse("k", f"at most {candidates}, so many candidates there are", k)


def _comparable(x: np.ndarray, y: np.ndarray, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Return both scaled: by one power of two, or each vector to length one."""
    if measure == "euclidean":
        exponent = binary_exponent(x, y)
        return np.ldexp(x, -exponent), np.ldexp(y, -exponent)
    unit = []
    for values, argument in ((x, "queries"), (y, "database")):
        largest = np.abs(values).max(axis=1, keepdims=True)
        if (largest == 0).any():
            refuse(argument, "vectors that have a direction", "a vector of zeros")
        scaled = values.astype(np.float64) / largest
        unit.append(scaled / np.sqrt((scaled**2).sum(axis=1, keepdims=True)))
    return unit[0], unit[1]


def _blocks(x: np.ndarray, y: np.ndarray) -> Iterator[slice]:
    size = max(1, HELD // len(y))
    return (slice(first, min(first + size, len(x))) for first in range(0, len(x), size))


def _nearest(
    x: np.ndarray, y: np.ndarray, k: int, own: slice | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return indices and squared distances (block, k); `own` are the block's rows among y."""
    centre = y.mean(axis=0)  # smaller numbers: less cancellation below
    a, b = x - centre, y - centre
    length_a, length_b = (a**2).sum(axis=1), (b**2).sum(axis=1)
    table = a @ b.T
    table *= -2
    table += length_b
    table += length_a[:, None]
    # Products of F terms are off by F eps |a| |b| at most, the centring by some eps more.
    unit = np.finfo(table.dtype).eps * (2 * x.shape[1] + 16)
    size = max(np.abs(x).max(), np.abs(y).max()) ** 2 * x.shape[1]
    slack = unit * (length_a + length_b.max() + size)
    if own is not None:
        table[np.arange(len(x)), np.arange(own.start, own.stop)] = np.inf
    limit = np.partition(table, k - 1, axis=1)[:, k - 1] + 2 * slack
    rows, columns = np.nonzero(table <= limit[:, None])
    square = _squares(x, y, rows, columns)
    order = np.lexsort((columns, square, rows))
    first = np.searchsorted(rows, np.arange(len(x)))  # rows come sorted
    kept = order[first[:, None] + np.arange(k)]
    return columns[kept], square[kept]


def _squares(x: np.ndarray, y: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the squared distances of some pairs, measured directly."""
    result, step = np.empty(len(rows)), max(1, HELD // (4 * x.shape[1]))
    for first in range(0, len(rows), step):
        part = slice(first, first + step)
        difference = x[rows[part]].astype(np.float64) - y[columns[part]]
        result[part] = (difference**2).sum(axis=1)
    return result
