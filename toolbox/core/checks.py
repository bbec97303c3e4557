"""Checks of users' arguments, made by every public function before work starts.

Each check returns the argument in the one form that the code behind it wants, or raises
`InputError` whose text is ``argument: wanted ..., got ...``. Nothing here imports more than NumPy.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from math import isfinite
from typing import Any, NoReturn

import numpy as np

from toolbox.core.records import is_record


class InputError(ValueError):
    """An argument is not what was wanted. The text names it: ``argument: wanted ..., got ...``.

    Where one item is to blame, `item` is its index, so that a caller who knows its name can say it.
    """

    item: int | None = None


def refuse(argument: str, wanted: str, got: object, *, item: int | None = None) -> NoReturn:
    """Raise the `InputError` of one argument."""
    error = InputError(f"{argument}: wanted {wanted}, got {got}")
    error.item = item
    raise error


def without_mask(value: Any, argument: str, wanted: str) -> None:
    """Refuse a masked array: NumPy would hand over the numbers behind its mask."""
    if np.ma.is_masked(value):
        refuse(argument, wanted, "a masked array (fill or crop the masked values first)")


# ------------------------------------------------------------------------------ single values


def number(
    value: Any,
    argument: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """Return a finite real number; `minimum` and `maximum` are allowed values, the others not.

    One of lower precision is the number that it prints as: .1 in float32 is one tenth here too.
    """
    try:
        array = np.asarray(value)
        whole = array.dtype.kind in "iu" or (isinstance(value, int) and array.dtype.kind == "O")
        single = array.size == 1 and (whole or array.dtype.kind == "f")
        single = single and not np.ma.is_masked(value)
        rounded = array.dtype.kind == "f" and array.dtype.itemsize < 8
        result = float(str(array.flat[0]) if rounded else array.flat[0]) if single else None
    except (TypeError, ValueError, RuntimeError, OverflowError):
        result = None
    inside = (
        result is not None
        and isfinite(result)
        and (minimum is None or result >= minimum)
        and (maximum is None or result <= maximum)
        and (above is None or result > above)
        and (below is None or result < below)
    )
    if inside:
        return result
    bounds = {">=": minimum, "<=": maximum, ">": above, "<": below}
    limits = " and ".join(f"{sign} {b}" for sign, b in bounds.items() if b is not None)
    got = describe_value(value) if result is None else repr(result)
    return refuse(argument, f"a number {limits}".rstrip(), got)


def count(value: Any, argument: str, *, minimum: int = 1, maximum: int | None = None) -> int:
    """Return a whole number. ``4.0``, as MATLAB sends it, is 4; ``4.5`` is refused."""
    upper = "" if maximum is None else f" and <= {maximum}"
    wanted = f"a whole number >= {minimum}{upper}"
    if not number(value, argument).is_integer():
        refuse(argument, wanted, describe_value(value))
    result = int(np.asarray(value).reshape(()))  # exact, where a float would round above 2**53
    if result < minimum or (maximum is not None and result > maximum):
        refuse(argument, wanted, describe_value(value))
    if result >= 2**63:  # of nothing are there so many; NumPy and loops say it later, or never
        refuse(argument, f"{wanted} and < 2**63", describe_value(value))
    return result


def counts(value: Any, argument: str, *, length: int, minimum: int = 1) -> tuple[int, ...]:
    """Return `length` whole numbers, from one that stands for all or from one for each."""
    without_mask(value, argument, f"{length} whole numbers")
    try:
        listed = np.asarray(value).reshape(-1)
    except (TypeError, ValueError, RuntimeError):
        refuse(argument, f"{length} whole numbers", describe_value(value))
    if len(listed) not in (1, length):
        refuse(argument, f"one whole number or {length} of them", describe_value(value))
    numbers = list(map(partial(count, argument=argument, minimum=minimum), listed))
    return tuple(numbers * (length // len(numbers)))


def seed(value: Any, argument: str = "seed") -> int:
    """Return a seed: a whole number from 0 to 2**53, the largest that a float carries exactly."""
    return count(value, argument, minimum=0, maximum=2**53)


def choice(value: Any, argument: str, choices: Sequence[str]) -> str:
    """Return a string that is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        refuse(argument, "one of " + ", ".join(map(repr, choices)), describe_value(value))
    return value


def flag(value: Any, argument: str) -> bool:
    """Return a truth value; 1 and 0, as MATLAB may send them, are true and false."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return bool(count(value, argument, minimum=0, maximum=1))


def dimension(value: Any, *, allowed: Sequence[int] = (1, 2)) -> int:
    """Return ``dim``, the number of trailing spatial axes."""
    dim = count(value, "dim", minimum=0)
    if dim not in allowed:
        refuse("dim", "one of " + ", ".join(map(str, allowed)), dim)
    return dim


# ------------------------------------------------------------------------------------- arrays


def describe_value(value: object) -> str:
    """Say in a few words what came, for an error's text."""
    shape = getattr(value, "shape", None)
    if shape is not None and len(shape) > 0:
        return f"an array of shape {tuple(shape)}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def real_array(value: Any, argument: str, *, ndim: int | None = None) -> np.ndarray:
    """Return a finite, non-empty float32 or float64 array.

    float64 stays float64; every other real type (float32, float16, integers, booleans) becomes
    float32, integers that it would round float64. Strings, complex numbers, ragged lists, NaN,
    infinity, masked values and numbers that even float64 would round are refused.
    """
    return finite(floats(value, argument, ndim=ndim), argument)


def floats(value: Any, argument: str, *, ndim: int | None = None) -> np.ndarray:
    """Return what `real_array` does, in which there may be NaN and infinity."""
    wanted = "an array of real numbers" if ndim is None else f"a {ndim}-D array of real numbers"
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        refuse(argument, wanted, f"{type(value).__name__} ({error})")
    if array.dtype.kind not in "iufb" and array.dtype.name != "bfloat16":
        refuse(argument, wanted, f"values of type {array.dtype}")
    without_mask(value, argument, wanted)
    if array.size == 0:
        refuse(argument, wanted, f"an empty array of shape {array.shape}")
    if ndim is not None and array.ndim != ndim:
        refuse(argument, wanted, f"shape {array.shape}")
    dtype = float_type(array, argument)
    return np.array(array, dtype=dtype, order="C", ndmin=0, copy=None)


def finite(array: np.ndarray, argument: str) -> np.ndarray:
    """Refuse NaN and infinity."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()):  # as only sums of finite numbers are, but for overflow
            return array
    bad = array.size - np.count_nonzero(np.isfinite(array))
    if bad:
        refuse(argument, "finite values only", f"{bad} of {array.size} that are NaN or infinite")
    return array


MOST_DECIMALS = 6  # float32 holds seven digits


def double(array: np.ndarray) -> np.ndarray:
    """Return checked numbers as float64; float32 ones of few decimals are what they print as.

    So .1 of float32 is one tenth, as in float64, and sums of rounded numbers tie in both.
    """
    wide = array.astype(np.float64)
    if array.dtype == np.float64:
        return wide
    for decimals in range(MOST_DECIMALS + 1):
        some = (slice(0, 8),) * array.ndim  # of numbers that were not rounded a few tell it
        if not _is_rounded(wide[some], array[some], decimals):
            continue
        if _is_rounded(wide, array, decimals):
            return np.round(wide, decimals)
    return wide


def _is_rounded(wide: np.ndarray, array: np.ndarray, decimals: int) -> bool:
    return np.array_equal(np.round(wide, decimals).astype(array.dtype), array)


def float_type(array: np.ndarray, argument: str) -> np.dtype:
    """Return the float type of real numbers: that of wide floats, else the lowest that is exact.

    Whole numbers are of float32 where it holds every one of them, else of float64; those that even
    float64 would round are refused, and so are floats of more bits.
    """
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        _want_exact(array, argument)
    if array.dtype.kind not in "iu":
        wide = array.dtype.kind == "f" and array.dtype.itemsize >= 8  # also of another byte order
        return np.dtype(np.float64 if wide else np.float32)
    if array.dtype.itemsize <= 2 or max(int(array.max()), -int(array.min())) <= 2**24:
        return np.dtype(np.float32)
    single, rounded = True, 0
    for block in _in_blocks(array):
        wide = block.astype(np.float64)
        single = single and bool((wide.astype(np.float32) == wide).all())
        rounded += _count_rounded(block, wide)
    if rounded:
        got = f"{rounded} of {array.size} beyond 2**53 that it rounds"
        refuse(argument, "whole numbers that float64 holds (take an offset off first)", got)
    return np.dtype(np.float32 if single else np.float64)


def _want_exact(array: np.ndarray, argument: str) -> None:
    """Refuse floats of more than 64 bits that float64 would round; not-a-numbers are none."""
    rounded = 0
    with np.errstate(over="ignore"):  # what becomes infinite is counted
        for block in _in_blocks(array):
            rounded += int(np.count_nonzero((block.astype(np.float64) != block) & (block == block)))
    if rounded:
        got = f"{rounded} of {array.size} of type {array.dtype} that it rounds"
        refuse(argument, "numbers that float64 holds (round them: x.astype('float64'))", got)


def _in_blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    """Yield all values of an array in flat blocks of 1 MB, so that no large copy is made."""
    flags = ["external_loop", "buffered"]
    return iter(np.nditer(array, flags=flags, buffersize=1 << 17))


def _count_rounded(whole: np.ndarray, wide: np.ndarray) -> int:
    """Return how many whole numbers are not what they are as float64."""
    end = 2.0 ** (8 * whole.dtype.itemsize - (whole.dtype.kind == "i"))
    inside = wide < end  # the type's largest numbers are rounded to beyond it
    back = np.where(inside, wide, 0).astype(whole.dtype)
    return int(np.count_nonzero(~inside | (back != whole)))


def items(value: Any, argument: str, *, dim: int) -> np.ndarray:
    """Return items first, then components, then space: ``(items, components, *space)``.

    ``ndim == dim`` is one item of one component, ``dim + 1`` is items of one component,
    ``dim + 2`` is items of several components.
    """
    return items_first(real_array(value, argument), argument, dim=dim)


def items_first(array: np.ndarray, argument: str, *, dim: int) -> np.ndarray:
    """Return an array whose values were checked as ``(items, components, *space)``."""
    if not dim <= array.ndim <= dim + 2:
        wanted = f"{dim} to {dim + 2} axes for dim={dim}, that is ([items, [components,]] *space)"
        refuse(argument, wanted, f"shape {array.shape}")
    space = array.shape[array.ndim - dim :]
    if dim == 2 and array.ndim > 2 and space[-1] in (3, 4) and space[-2] > 4:
        refuse(
            argument,
            "space in the last two axes (turn a colour photograph into components with "
            "toolbox.components_first)",
            f"shape {array.shape}, whose last axis looks like colours",
        )
    if array.ndim == dim:
        return array[None, None]
    return array[:, None] if array.ndim == dim + 1 else array


def not_constant(array: np.ndarray, argument: str) -> np.ndarray:
    """Refuse ``(items, components, *space)`` in which one component of an item never varies."""
    flat = array.reshape(*array.shape[:2], -1)
    constant = np.argwhere(flat.max(axis=-1) == flat.min(axis=-1))
    if len(constant):
        item, component = constant[0]
        got = f"a constant item {item} (component {component})"
        refuse(argument, "values that vary", got, item=int(item))
    return array


def labels(value: Any, argument: str, *, length: int | None = None) -> np.ndarray:
    """Return one label an item: a 1-D array of whole numbers or strings."""
    wanted = "one label an item" if length is None else f"{length} labels, one an item"
    array = _label_array(value, argument, wanted)
    if array.ndim == 2 and 1 in array.shape:
        array = array.reshape(-1)  # a row or a column, as MATLAB keeps them
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iufbUS":
        refuse(argument, wanted, f"shape {array.shape} of type {array.dtype}")
    if length is not None and len(array) != length:
        refuse(argument, wanted, len(array))
    if array.dtype.kind == "f":
        if not np.isfinite(array).all() or (array != np.round(array)).any():
            refuse(argument, f"{wanted}, whole numbers or strings", "NaN or fractions among them")
        if np.abs(array).max() >= 2.0**53:  # neighbours may have become one
            refuse(argument, f"{wanted}, floats below 2**53", f"{np.abs(array).max():g}")
        array = array.astype(np.int64)
    return array


def labels_once(value: Any, argument: str, *, one: str = "class") -> np.ndarray:
    """Return labels of which none stands twice, such as the classes that there are."""
    names = labels(value, argument)
    if twice := len(names) - len(np.unique(names)):
        refuse(argument, f"each {one} once", f"{twice} twice")
    return names


def _label_array(value: Any, argument: str, wanted: str) -> np.ndarray:
    if value is None or isinstance(value, str | bytes):
        refuse(argument, wanted, describe_value(value))
    if isinstance(value, list | tuple) and len({isinstance(v, str) for v in value}) > 1:
        refuse(argument, f"{wanted}, all numbers or all strings", "a mixture of both")
    without_mask(value, argument, wanted)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        refuse(argument, wanted, f"{type(value).__name__} ({error})")
    if array.dtype.kind == "O" and all(isinstance(v, str) for v in array.flat):
        return array.astype(np.str_)  # strings as pandas keeps them
    return array


def units(value: Any, argument: str, *, length: int, of: Any = None) -> np.ndarray:
    """Return one unit an item: what was drawn independently.

    By default those of the record `of` that the items came in, and without any every item is its
    own unit.
    """
    value = known_units(of, value)
    return np.arange(length) if value is None else labels(value, argument, length=length)


def known_units(of: Any, given: Any = None) -> Any:
    """Return the units given, else those that a record of items knows, None where it has none."""
    if given is not None:
        return given
    found = getattr(of, "units", None) if is_record(of) else None
    return found if found is not None and len(found) else None


_SUMS_OFF = 1e-4
# What rounding alone leaves of a sum: half the spacing of numbers near 1, and as much for safety.
_SUMS_OFF_IN_HALF = {"float16": 2.0**-10, "bfloat16": 2.0**-7}


def probabilities(value: Any, argument: str, *, ndim: int) -> np.ndarray:
    """Return float64 probabilities of classes along the last axis: >= 0, summing to one.

    Those of half precision are renormalised, since their sums are off by rounding alone.
    """
    array = double(real_array(value, argument, ndim=ndim))
    if array.shape[-1] < 2:
        refuse(argument, "at least two classes in the last axis", f"shape {array.shape}")
    half = _SUMS_OFF_IN_HALF.get(str(getattr(value, "dtype", "")).rpartition(".")[2])
    sums = array.sum(axis=-1, keepdims=True)
    worst = np.abs(sums - 1).max()
    if array.min() < 0 or worst > (half or _SUMS_OFF):
        refuse(
            argument,
            "probabilities >= 0 that sum to one over the last axis",
            f"a smallest value of {array.min():.3g} and sums off by up to {worst:.3g}"
            + " (renormalise: divide by the sums)" * bool(array.min() >= 0),
        )
    return array if half is None else array / sums


def votes(value: Any, argument: str) -> np.ndarray:
    """Return float64 probabilities (members, items, classes); (items, classes) is one member's."""
    ndim = real_array(value, argument).ndim  # a ragged list, which has none, is refused here
    found = probabilities(value, argument, ndim=3 if ndim == 3 else 2)
    return found if ndim == 3 else found[None]
