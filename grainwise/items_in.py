"""What the verbs read: items of a file or a folder, whole or cut into crops."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from toolbox.core.checks import InputError, count, refuse
from toolbox.data.cropping import crops
from toolbox.data.loading import Loaded, load
from toolbox.data.readable_files import Skipping

T = TypeVar("T")


class Items(NamedTuple):
    """Items ``(n, [K,] *space)`` with a name each, their classes, and what was independent."""

    values: np.ndarray
    names: list[str]
    labels: list[str]
    units: np.ndarray
    dim: int
    left_out: list[str]  # name and reason of what was not used

    @property
    def note(self) -> str:
        """Say what was left out, for the answer's note."""
        return f"left out {', '.join(self.left_out)}" if self.left_out else ""

    def without(self, item: int, why: str) -> "Items":
        """Return all items but one."""
        kept = [i for i in range(len(self.names)) if i != item]
        return Items(
            values=self.values[kept],
            names=[self.names[i] for i in kept],
            labels=[self.labels[i] for i in kept],
            units=self.units[kept],
            dim=self.dim,
            left_out=[*self.left_out, f"{self.names[item]}: {why}"],
        )


class _Item(NamedTuple):
    value: np.ndarray
    name: str
    label: str
    unit: str


def read_items(
    path: Path,
    *,
    dim: int | None,
    crop: int | None,
    argument: str,
    grey: bool = False,
    skip: bool = False,
) -> Items:
    """Read a file or folder; with `crop`, all disjoint crops of that size, each item a unit.

    An item that no verb can use is refused by its name; with `skip` it is left out, as is a file
    that cannot be read, and said on the standard error and in the items' note.
    """
    size = None if crop is None else count(crop, "crop")
    loaded = load(path, dim=dim, grey=grey, skip=skip)
    dim = dim or (1 if path.suffix.lower() == ".hea" else 2)
    skipping = Skipping(allowed=skip)
    items = []
    for whole in _whole(loaded):
        with skipping.of(whole.name):
            for part in _parts(whole, dim, size):
                with skipping.of(part.name):
                    _want_usable(part, argument, dim)
                    items.append(part)
    left_out = [*loaded.skipped, *skipping.skipped]
    for text in left_out:
        print(f"grainwise: left out {text}", file=sys.stderr)
    if not items:
        refuse(argument, "items that can be used", f"none in {str(path)!r}")
    _want_one_size(items)
    return Items(
        values=np.stack([item.value for item in items]),
        names=[item.name for item in items],
        labels=[item.label for item in items],
        units=np.array([item.unit for item in items]),
        dim=dim,
        left_out=left_out,
    )


def answered(items: Items, compute: Callable[[Items], T], *, skip: bool) -> tuple[T, Items]:
    """Return what a function makes of the items, and these.

    An item that it refuses is called by its name; with `skip` it is left out, and all is done anew.
    """
    while True:
        try:
            return compute(items), items
        except InputError as error:
            if error.item is None:
                raise
            name = items.names[error.item]
            if not skip or len(items.names) == 1:
                raise InputError(str(error).replace(f"item {error.item}", repr(name))) from error
            print(f"grainwise: left out {name}: {error}", file=sys.stderr)
            items = items.without(error.item, str(error))


def _whole(loaded: Loaded) -> list[_Item]:
    labels = loaded.labels.tolist() or [""] * len(loaded.names)
    rows = zip(loaded.values, loaded.names, labels, loaded.units.tolist(), strict=True)
    return [_Item(*row) for row in rows]


def _parts(whole: _Item, dim: int, size: int | None) -> list[_Item]:
    """Return an item, or its crops; one with gaps is not cut."""
    if size is None or np.isnan(whole.value).any():
        return [whole]
    space = whole.value.shape[-dim:]
    if min(space) < size:
        got = f"{size}, and {' x '.join(map(str, space))} in {whole.name!r}"
        refuse("crop", "a size that fits into every item", got)
    cut = crops(whole.value, size=size, dim=dim).values
    return [whole._replace(value=v, name=f"{whole.name}[{i}]") for i, v in enumerate(cut)]


def _want_usable(item: _Item, argument: str, dim: int) -> None:
    missing = np.isnan(item.value).mean()
    if missing:
        lost = f"{missing:.1%} missing (NaN or transparent) in {item.name!r}"
        refuse(argument, "values without gaps (cut the gaps away first)", lost)
    flat = item.value.reshape(-1, np.prod(item.value.shape[-dim:]))
    if (flat.max(axis=1) == flat.min(axis=1)).any():
        refuse(argument, "values that vary", f"a constant component in {item.name!r}")


def _want_one_size(items: list[_Item]) -> None:
    other = next((i for i in items if i.value.shape != items[0].value.shape), None)
    if other is not None:
        sizes = " and ".join(f"{i.value.shape} in {i.name!r}" for i in (items[0], other))
        refuse("crop", "a size, since the items differ in theirs", f"none, and {sizes}")
