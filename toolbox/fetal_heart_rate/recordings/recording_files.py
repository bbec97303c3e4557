"""The files of recordings: which belong together, and how each is called."""

from collections import Counter
from pathlib import Path

from toolbox.core.checks import InputError, refuse
from toolbox.data.files.wfdb import calibration, read_header
from toolbox.data.readable_files import Skipping, leads_nowhere, refuse_link


def recording_headers(place: Path, skipping: Skipping) -> list[Path]:
    """Return the headers of a folder in the order of their names; refuse samples without one."""
    if not place.is_dir():
        if place.suffix.lower() != ".hea":
            refuse("path", "a .hea header or a folder of them", repr(str(place)))
        return [place]
    shown = sorted(f for f in place.rglob("*") if not f.name.startswith("."))
    for header in (f for f in shown if f.suffix.lower() == ".hea" and leads_nowhere(f)):
        with skipping.of(header.name):
            refuse_link(header)
    files = [f for f in shown if f.is_file()]
    headers = [f for f in files if f.suffix.lower() == ".hea"]
    if not headers:
        refuse("path", "a folder with .hea headers of recordings", f"none in {str(place)!r}")
    named = {header: _files_named(header) for header in headers}
    of_others = {header.parent / name for header, names in named.items() for name in names}
    known = of_others | {header.with_suffix(".dat") for header in headers}
    for file in files:
        if file.suffix.lower() == ".dat" and file not in known:
            with skipping.of(file.name):
                refuse("path", "a header (.hea) that names each file of samples", f"{file.name!r}")
    return [h for h in headers if h.with_suffix("") not in of_others]  # segments belong to another


def recording_names(place: Path, headers: list[Path]) -> list[str]:
    """Return a name for each header: that of the file, with its folders where another has it too.

    Two hospitals may both have a recording 1001, and these are not of one subject.
    """
    count = Counter(header.stem for header in headers)
    return [
        h.stem if count[h.stem] == 1 else h.relative_to(place).with_suffix("").as_posix()
        for h in headers
    ]


def says_gain(header: Path, signal: int) -> bool:
    """Say whether a header gives the gain of a signal; that of a list of segments stands elsewhere.

    WFDB's default of 200 is meant for millivolts; of beats a minute it would make other ones.
    """
    rows = read_header(header)[0]
    if "/" in rows[0].split()[0] or signal + 1 >= len(rows):
        return True
    gain, _, _ = calibration(rows[signal + 1])
    return bool(gain) and float(gain) != 0


def _files_named(header: Path) -> set[str]:
    """Return the first word of each line but the first: files of samples, or segments."""
    try:
        return {row.split()[0] for row in read_header(header)[0][1:]}
    except InputError:  # no text: refused, or skipped, when the recording is read
        return set()
