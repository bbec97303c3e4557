"""Compute a figure's results once, keep them, draw the figure, write what a reader can check.

A figure script has

- ``SETTINGS``: mode ("quick", "full" and, for tests, "tiny") -> settings, its "mode" among them;
- ``compute(settings, step) -> results``: arrays, numbers and texts by name. It asks for every
  costly part by ``step(name, function, *arguments)``, which returns the kept result when there is
  one: a run that was killed goes on where it stopped;
- ``draw(results) -> Figure``, which shows the mode in a corner;
- ``numbers(results)``: what a text may quote, nested dictionaries of numbers, texts and lists. A
  dictionary with ``value`` (or ``mean``, ``share``) and ``low`` and ``high`` (or
  ``standard_error``, ``monte_carlo_error``) is a number with its interval or error;
- ``table(numbers)``: a text for a terminal;
- if it claims anything, ``claims(numbers) -> {sentence: whether it holds}``;
- if it takes minutes, ``parts(settings)``: functions of ``step`` that may run at the same time, in
  any order and in several processes, before ``compute`` finds their steps kept; and
  ``steps(settings)``, how many steps ``compute`` asks for, by which a bar moves.

Results depend on nothing but settings and source: no time, no date and no number of threads. They
are kept under a key made of the source that `compute` (and `parts`) depends on, the settings, the
input files, the versions of the numerical libraries and the kind of device.
"""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from paper_figures.catalogue import script_module
from paper_figures.runner.provenance import result_key, versions
from paper_figures.runner.steps import Ended, Steps, digest, nothing, summary
from paper_figures.runner.written_files import as_json, plain, write, write_figure

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Origin:
    """What a figure is made from, as it is found before its script is run."""

    source: str = ""  # digest of the source that its results depend on
    files: str = ""  # key of its files: they are as they should be while it is the same
    commit: str = "unknown"  # that last changed the figure's source
    head: str = "unknown"  # commit of the checkout
    device: str = "cpu"


@dataclass(frozen=True)
class Work:
    """A figure to make: plain data that another process can be given."""

    name: str
    mode: str
    out: Path
    cache: Path
    origin: Origin = Origin()
    options: dict[str, Any] = field(default_factory=dict)  # settings that the user states

    def script(self) -> ModuleType:
        """Return the figure's script."""
        return importlib.import_module(script_module(self.name))

    def settings(self) -> dict[str, Any]:
        """Return the mode's settings with the user's own."""
        return dict(self.script().SETTINGS[self.mode]) | self.options

    def steps(self, ended: Ended = nothing) -> Steps:
        """Return where its results are kept."""
        places = {"cache": self.cache, "origin": self.origin}
        return steps_of(self.name, self.settings(), **places, ended=ended)

    def ticks(self) -> int:
        """Return how many steps there are; 0 where the script does not say."""
        script = self.script()
        return script.steps(self.settings()) if hasattr(script, "steps") else 0


def make(work: Work, fresh: Iterable[str] = (), ended: Ended = nothing) -> dict[str, Any]:
    """Make one figure; return its entry in the manifest.

    `fresh` names the steps that its parts have just computed; `ended` is called after every step.
    """
    places = {"out": work.out, "cache": work.cache}
    entry = run(work.script(), work.settings(), **places, origin=work.origin, ended=ended)
    return entry | {"reused": [name for name in entry["reused"] if name not in set(fresh)]}


def parts_left(work: Work) -> int:
    """Return in how many parts a figure can be computed; 0 where nothing is left to share."""
    script = work.script()
    kept = (work.steps().folder / "results.npz").exists()
    return 0 if kept or not hasattr(script, "parts") else len(script.parts(work.settings()))


def make_part(work: Work, k: int, ended: Ended = nothing) -> list[str]:
    """Compute and keep the steps of one part; return those that had not been kept."""
    steps = work.steps(ended)
    work.script().parts(work.settings())[k](steps)
    return steps.computed


def steps_of(
    name: str, settings: dict[str, Any], *, cache: Path, origin: Origin, ended: Ended = nothing
) -> Steps:
    """Return the steps of a figure under the key that belongs to them."""
    return Steps(cache / name / result_key(origin.source, settings, origin.device), ended)


def run(
    script: ModuleType,
    settings: dict[str, Any],
    *,
    out: Path,
    cache: Path,
    origin: Origin,
    ended: Ended = nothing,
) -> dict[str, Any]:
    """Compute (or take from the cache), draw and write one figure; return its entry.

    Files hold no time and no date: they are the same bytes again.
    """
    name = script.__name__.rsplit(".", 1)[-1]
    steps = steps_of(name, settings, cache=cache, origin=origin, ended=ended)
    results = steps("results", script.compute, settings, steps)
    figure = script.draw(results)
    numbers = script.numbers(results)
    claims = script.claims(numbers) if hasattr(script, "claims") else {}
    note = {
        "figure": name,
        "mode": settings["mode"],
        "key": steps.folder.name,
        "commit": origin.commit,
        "device": origin.device,
        "settings": settings,
        "versions": versions(),
    }
    out.mkdir(parents=True, exist_ok=True)
    written = write_figure(figure, out / name, note)
    shown = written.pop("pixels")
    text = "\n".join([script.table(numbers), *map(_said, claims.items())]) + "\n"
    made = note | {"numbers": numbers, "claims": claims}
    for file, content in ((f"{name}.json", as_json(made)), (f"{name}.txt", text)):
        written[file] = write(out / file, content)
    return plain(
        {k: note[k] for k in ("mode", "key", "commit", "device", "versions")}
        | {"head": origin.head, "files_key": origin.files, "seed": settings.get("seed")}
        | {"seconds": steps.seconds, "reused": steps.reused}
        | {"arrays": digest(results), "pixels": shown, "files": written}
        | {"claims": claims, "summary": summary(results)}
    )


def _said(claim: tuple[str, bool]) -> str:
    return f"{'holds' if claim[1] else 'DOES NOT HOLD'}: {claim[0]}"
