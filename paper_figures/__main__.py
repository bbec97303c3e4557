"""``python -m paper_figures [NAME ...] [--quick | --full | --check | --accept | --list] ...``."""

import argparse
import os
import sys
import tempfile
import time
from math import inf
from pathlib import Path
from typing import Any

from tqdm import tqdm

from paper_figures.catalogue import FIGURES, OWN_IMAGES, OWN_RECORDS, script_module
from paper_figures.runner import processes, provenance, reference_values
from paper_figures.runner.figure import ROOT, Origin, Work
from paper_figures.runner.manifest import Manifest
from paper_figures.runner.source_dependencies import Sources
from toolbox import InputError

HERE = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Regenerate figures; return 0, 1 where a claim or a comparison fails, 2 for bad arguments."""
    command = parser()
    options = command.parse_args(arguments)
    names = asked(command, options)
    if options.list:
        print("\n".join(f"{name}: {entry.shows}" for name, entry in FIGURES.items()))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        if options.out is None:  # what is only compared leaves the folder of figures as it is
            aside = options.check or options.accept
            options.out = Path(temporary) if aside else HERE / "out"
        return made(names, options)


def made(names: list[str], options: argparse.Namespace) -> int:
    """Make the figures that are not yet as they should be; say of each what it shows."""
    began = time.perf_counter()
    manifest = Manifest(options.out)
    works = planned(names, options)
    left = [work for work in works if not manifest.holds(work)]
    status = max([0, *(told(work.name, manifest) for work in works if work not in left)])
    bar, made_now = Bar(left), []

    def ended(name: str, found: dict[str, Any] | BaseException) -> None:
        nonlocal status
        bar.ended(name)
        if isinstance(found, BaseException):
            status = max(status, refused(name, found))
            return
        made_now.append(name)
        manifest.add(name, found)
        status = max(status, told(name, manifest))

    processes.make_all(left, jobs=options.jobs, ended=ended, moved=bar.moved)
    bar.close()
    if manifest.entries:
        manifest.write_numbers()
    done = {name: manifest.entries[name] for name in names if name in manifest.entries}
    if options.check:
        status = max([status, *(compared(name, entry) for name, entry in done.items())])
    if options.accept and status == 0:
        reference_values.accept(done)
    unchanged = len(works) - len(left)
    print(counted(len(made_now) + unchanged, unchanged, seconds=time.perf_counter() - began))
    return status


def counted(figures: int, unchanged: int, *, seconds: float) -> str:
    """Say how many figures there are now; those that were refused are none."""
    if not figures:
        return f"no figure in {seconds:.0f} s"
    what = "1 figure" if figures == 1 else f"{figures} figures"
    return f"{what} in {seconds:.0f} s, {unchanged} unchanged"


class Bar:
    """A bar of figures, and of the steps of those that say how many they have."""

    def __init__(self, works: list[Work]) -> None:
        self.left = {work.name: 1 for work in works}  # ticks still to come of each figure
        what = works[0].name if len(works) == 1 else "figures"
        self.bar = tqdm(total=len(works), desc=what, disable=None)

    def moved(self, name: str, steps: int) -> None:
        """Grow by the steps that begin; move by one where that is 0."""
        if steps:
            self.left[name] += steps
            self.bar.total += steps
            self.bar.refresh()
        elif self.left[name] > 1:  # the last tick is the figure's own
            self.left[name] -= 1
            self.bar.update()

    def ended(self, name: str) -> None:
        """Move by all that was still to come of a figure, and leave the line to what is printed."""
        self.bar.update(self.left.pop(name))
        self.bar.clear()

    def close(self) -> None:
        """End the bar."""
        self.bar.close()


def planned(names: list[str], options: argparse.Namespace) -> list[Work]:
    """Return the figures to make, the longest first, with what each is made from."""
    mode = next((m for m in ("full", "tiny") if getattr(options, m)), "quick")
    own = {"images": str(options.images)} if options.images else {}
    own |= {"records": str(options.records)} if options.records else {}
    own |= {"size": options.size} if options.size else {}
    if own.get("images") and OWN_IMAGES[0] in names:  # the class with fewest crops without
        own["rare"] = options.rare
    sources, commits, device = Sources(ROOT), provenance.Commits(ROOT), provenance.device()

    def origin(name: str) -> Origin:
        files = list(sources.texts(script_module(name)))
        return Origin(
            source=sources.digest(script_module(name), provenance.COMPUTING),
            files=provenance.file_key(sources, script_module(name), mode, own, device),
            commit=commits.of(files),
            head=commits.head + (" and changes since" if commits.changed else ""),
            device=device,
        )

    known = reference_values.load()
    longest = sorted(names, key=lambda name: -known.get(name, {}).get("seconds", inf))
    places = {"out": options.out, "cache": options.cache}
    return [Work(n, mode, **places, origin=origin(n), options=own) for n in longest]


def told(name: str, manifest: Manifest) -> int:
    """Print a figure's table and claims; return 1 if one does not hold."""
    entry = manifest.entries[name]
    print(f"\n{manifest.text(name)}")
    print("\n".join(str(manifest.out / file) for file in entry["files"]))
    print(f"{entry['seconds']:.1f} s of computation")
    failed = [sentence for sentence, holds in entry["claims"].items() if not holds]
    if failed:  # what was asked for is written all the same
        print(f"{name}: does not hold: {'; '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def refused(name: str, error: BaseException) -> int:
    """Print why a figure could not be made: the user's mistake in a line, ours in full."""
    if isinstance(error, InputError):
        print(error, file=sys.stderr)
        return 2
    why = "\n".join(getattr(error, "__notes__", [])) or repr(error)
    print(f"{name}: could not be made:\n{why}", file=sys.stderr)
    return 1


def compared(name: str, entry: dict[str, Any]) -> int:
    """Compare a figure with its reference: other arrays are a failure, other pixels a warning."""
    reference = reference_values.load().get(name)
    apart = reference_values.differences(entry, reference)
    if apart:
        print(f"{name}: not as its reference: {'; '.join(apart)}", file=sys.stderr)
        return 1
    same = entry["arrays"] == reference["arrays"]
    print(f"{name}: {'the same arrays' if same else 'within tolerance of the reference'}")
    if entry["pixels"] != reference["pixels"]:
        print(f"{name}: other pixels than the reference's (a warning)", file=sys.stderr)
    return 0


def asked(command: argparse.ArgumentParser, options: argparse.Namespace) -> list[str]:
    """Return the figures to make; refuse unknown ones, and own files for figures of none."""
    own = bool(options.images or options.rare or options.size or options.records)
    of_images, of_records = ("--images or --size", OWN_IMAGES), ("--records", OWN_RECORDS)
    given, figures = of_records if options.records else of_images
    takers = OWN_IMAGES[:1] if options.rare and not options.records else figures
    if options.jobs < 0:
        command.error(f"--jobs: wanted 0 or more, got {options.jobs}")
    if own and (options.check or options.accept):
        command.error("--check: wanted no files of your own, whose reference there is none")
    for name in options.names:
        if name not in FIGURES:
            command.error(f"NAME: wanted one of {', '.join(FIGURES)}, got {name}")
        if own and name not in takers:
            wanted = f"{' or '.join(figures)} alone with {given}"
            command.error(f"NAME: wanted {wanted} ({OWN_IMAGES[0]} with --rare), got {name}")
    names = list(dict.fromkeys(options.names)) or list(takers[:1] if own else FIGURES)
    if own and len(names) > 1:
        command.error("NAME: wanted one figure with files of your own, got several")
    return names


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    p = argparse.ArgumentParser(prog="python -m paper_figures", description=__doc__)
    p.add_argument("names", nargs="*", metavar="NAME", help="figures to make (default: all)")
    mode = p.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help="minutes on two cores (the default)")
    mode.add_argument("--full", action="store_true", help="the paper's setting")
    mode.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)  # for tests
    mode.add_argument(
        "--check",
        action="store_true",
        help="make the quick figures aside; fail where a claim does not hold, or arrays are not "
        "as the committed reference says",
    )
    mode.add_argument(
        "--accept", action="store_true", help="make the quick figures of now the reference"
    )
    p.add_argument("--list", action="store_true", help="list the figures and stop")
    p.add_argument(
        "--jobs",
        type=int,
        default=cores(),
        help="figures at a time (default: cores; 0: in this process)",
    )
    p.add_argument("--images", type=Path, help="your own images: a sub-folder a class")
    p.add_argument("--records", type=Path, help="your own recordings: WFDB, as CTU-UHB")
    p.add_argument("--rare", default="", help="the rare class (default: the one with fewest crops)")
    p.add_argument("--size", type=int, help="pixels of a crop (default: the figure's)")
    p.add_argument("--out", type=Path, help="where figures go (default: paper_figures/out)")
    p.add_argument("--cache", type=Path, default=HERE / "cache", help="where results are kept")
    return p


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
