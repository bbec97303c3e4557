"""A report's folder: pages, tables and what a second run takes from the first."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from grainwise.answers_out import columns_as_csv
from grainwise.reports.pages.blocks import Report
from grainwise.reports.pages.html import as_html
from grainwise.reports.pages.left_out import TABLE as LEFT_OUT
from grainwise.reports.pages.left_out import left_out, left_out_table
from grainwise.reports.pages.pdf import as_pdf
from toolbox.core.atomic_files import refusing, written_whole
from toolbox.core.checks import InputError, refuse
from toolbox.data.image_folders import REPORT_MARK

T = TypeVar("T")
PAGES = ("report.html", "report.pdf")
WRITTEN = (*PAGES, LEFT_OUT, "remarks.csv", "recordings.csv", "papers.csv", "clusters.csv")


def report_folder(source: Path, out: Path | None) -> Path:
    """Return the folder of a report, by default NAME.report here; made when something is kept."""
    folder = Path(f"{source.resolve().name}.report") if out is None else out
    if not folder.absolute().parent.is_dir() or folder.is_file():
        refuse("out", "a folder, or a new one in a folder that exists", repr(str(folder)))
    if folder.resolve() == source.resolve():  # whose papers.csv would be written over
        refuse("out", "another folder than that of the files", repr(str(folder)))
    return folder


def begun(folder: Path) -> Path:
    """Make the folder of a report, and mark it: it is none of the files that are reported on."""
    with refusing(folder, "out"):
        (folder / "kept").mkdir(parents=True, exist_ok=True)
        (folder / REPORT_MARK).touch()
    return folder


def superseded(folder: Path, **given: Path | None) -> None:
    """Remove the report of an earlier run: a run that stops leaves no other's claims behind.

    Pairs of an audit, which may hold answers, stay, and so does what a second run takes from the
    first. A file that an option was given, with what its user wrote into it, is refused instead.
    """
    for option, file in given.items():
        if file is not None and file.resolve() in {(folder / name).resolve() for name in WRITTEN}:
            got = f"{str(file)!r}, which this run writes over: copy it to another place"
            refuse(option, "a file that is no part of the report", got)
    if (folder / REPORT_MARK).is_file():
        for name in WRITTEN:
            with refusing(folder / name, "out"):
                (folder / name).unlink(missing_ok=True)


def kept(folder: Path, key: str, compute: Callable[[], T]) -> T:
    """Return a record that an earlier run kept under this key, else compute and keep it."""
    from toolbox import restore, save

    path = folder / "kept" / f"{key}.npz"
    if path.is_file():
        try:
            return restore(path)
        except InputError:  # of another version, or damaged: made anew
            path.unlink()
    found = compute()
    begun(folder)
    save(found, path)
    return found


def write_report(
    report: Report, folder: Path, tables: dict[str, dict[str, Any]], skipped: tuple[str, ...] = ()
) -> list[Path]:
    """Write report.html, report.pdf and a CSV file a table of columns; return their paths.

    Files that were left out have a table of their own, where there are any.
    """
    if skipped:
        tables = tables | {LEFT_OUT: left_out_table(left_out(skipped))}
    files = dict(zip(PAGES, (as_html(report), as_pdf(report)), strict=True))
    files |= {name: columns_as_csv(columns).encode() for name, columns in tables.items()}
    begun(folder)
    for name, content in reversed(files.items()):  # the page last: where it is, all is
        with refusing(folder / name, "out"), written_whole(folder / name) as handle:
            handle.write(content)
    return [folder / name for name in files]
