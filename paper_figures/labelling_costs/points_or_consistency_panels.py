"""The panels of the figure of an expert's seconds: overlap against the seconds of each way."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WAYS = {
    "masks": "full masks",
    "scribble": "scribbles",
    "box": "boxes",
    "tag": "tags",
    "points": "points",
    "consistency": "and consistency, not guarded (no more time)",
    "guarded": "and consistency, guarded by 60 points",
    "told": "and the same 60 points as labels",
}
KINDS = ("scribble", "box", "tag", "points")  # of labels that are cheaper than masks
BEYOND = ("consistency", "guarded", "told")  # ways on from masks
TICKS, TOPS = (30, 60, 120, 240, 480), {"miou": 0.65, "rare": 0.22}
TONES = {
    "masks": "black",
    "scribble": "#238b45",
    "box": "#74a9cf",
    "tag": "#9e9ac8",
    "points": "#c49a00",
    "consistency": "#d94801",
    "guarded": "0.5",
    "told": "#08519c",
}


def draw_panels(
    found: dict[str, Any], title: str, note: str, *, rare: float, real: np.ndarray | None
) -> Figure:
    """Return the figure of all classes, and the rare one; a row more where the picture is real."""
    rows, height, room = (2, 8.4, 0.05) if real is None else (3, 12.4, 0.054)
    figure = Figure(figsize=(11.5, height), layout="constrained")
    figure.get_layout_engine().set(rect=(0, room, 1, 1 - room))
    panels = figure.subplots(rows, 2, sharex=True, sharey="row")
    titles = ("cheaper labels, on more images", "masks, and then the pictures without masks")
    for column, ways in enumerate(((*KINDS, "masks"), ("masks", *BEYOND))):
        for axes, score in zip(panels[:2, column], ("miou", "rare"), strict=True):
            _curves(axes, found["rows"], score, ways)
            axes.set_ylim(0, TOPS[score])
        panels[0, column].set_title(titles[column], fontsize=11)
        panels[0, column].legend(frameon=False, fontsize=9, loc="upper left")
        panels[-1, column].set_xlabel("seconds of an expert")
    panels[0, 0].set_ylabel("mean IoU of all classes")
    panels[1, 0].set_ylabel(f"IoU of the rare class ({rare:.0%} of the pixels)")
    if real is not None:
        _real_row(panels[2], found["nuclei"]["rows"], real)
    figure.suptitle(title, fontsize=11)
    figure.text(0.004, 0.004, note, fontsize=7.5, color="0.4")
    return figure


def _real_row(panels: np.ndarray, rows: dict[str, Any], picture: np.ndarray) -> None:
    """Draw the same of real nuclei, and a part of their picture in the corner."""
    lowest = min(row["miou"]["low"] for row in rows.values())
    for axes, ways in zip(panels, ((*KINDS, "masks"), ("masks", *BEYOND)), strict=True):
        _curves(axes, rows, "miou", ways)
        axes.set_ylim(0.4 if lowest > 0.4 else 0, 1)
    panels[0].set_ylabel("real nuclei: mean IoU of\nnuclei and background")
    inset = panels[0].inset_axes((0.03, 0.05, 0.34, 0.6))
    shown = picture[: len(picture) // 2, : picture.shape[1] // 2]
    inset.imshow(shown, cmap="gray", vmin=0, vmax=np.percentile(picture, 99.5))
    inset.set(xticks=[], yticks=[])


def _curves(axes: Axes, rows: dict[str, Any], score: str, ways: tuple[str, ...]) -> None:
    """Draw each way's score against its seconds, with the 95 % interval over draws as a band."""
    for way in ways:
        mine = [row for name, row in rows.items() if name.split()[0] == way]
        if not mine:  # tags, which say nothing of nuclei
            continue
        seconds = [row["seconds"] for row in mine]
        low, mid, high = ([row[score][end] for row in mine] for end in ("low", "value", "high"))
        style = {"color": TONES[way], "label": WAYS[way], "marker": "s" if way in KINDS else "o"}
        axes.plot(seconds, mid, **style, ms=5, lw=1.8, ls=":" if way == "guarded" else "-")
        axes.fill_between(seconds, low, high, color=TONES[way], alpha=0.1, lw=0)
    axes.set_xscale("log")
    axes.set_xticks(TICKS, [str(tick) for tick in TICKS])
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
