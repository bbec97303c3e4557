"""Recordings of fetal heart rate and contractions, as hospitals and CTU-UHB keep them."""

import os
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from toolbox.core.checks import InputError, flag, refuse
from toolbox.core.records import record
from toolbox.data.files.wfdb import HEART_RATE_UNITS, Record, calibration, read_header
from toolbox.data.files.wfdb_package import read_any_record
from toolbox.data.memory_limits import Room
from toolbox.data.readable_files import (
    Skipping,
    existing,
    few,
    leads_nowhere,
    read_or_refuse,
    refuse_link,
)
from toolbox.fetal_heart_rate.recordings.beats import (
    MEASURED_TEXT,
    MEDIAN,
    measured_share,
    not_measured,
    odd_median,
)
from toolbox.fetal_heart_rate.recordings.birth_facts import Facts, facts, within
from toolbox.fetal_heart_rate.recordings.remarks import Remark, lines_of, remarks_of
from toolbox.fetal_heart_rate.recordings.subjects import listed_subjects, of_subjects

RATES = (0.5, 20.0)  # samples a second that a monitor writes; beyond, the header speaks of another
_OF_INTERVALS = ("samples", "sample", "ms", "msec", "s", "sec", "seconds", "hz")
_BY_VALUES = 0.95  # share of the values that tells beats a minute where the header's unit does not
# Not of the fetus, though in beats a minute.
_MOTHERS = re.compile(r"M-?HR|M-?ECG|.*(?:MATERN|MOTHER|MUTTER|PULSE|SPO2)")
# Files that may hold recordings, and that are not read; others are of no concern.
_OTHER = (".edf", ".bdf", ".gdf", ".mat", ".xml", ".dcm", ".scp", ".trc", ".zip", ".gz", ".7z")
_FHR, _UC = ("FHR", "HR1", "FECG"), ("UC", "TOCO", "UA")


@record
class Recordings:
    """Recordings of n births, with what their headers say of them.

    Attributes
    ----------
    heart_rate : tuple of n ndarrays, float32, shape (T_i,)
        Beats a minute; NaN where the signal was lost.
    contractions : tuple of n ndarrays, float32, shape (T_i,)
        Uterine activity in the monitor's own units; NaN where it was lost or not recorded.
    rate : ndarray (n,)
        Samples a second.
    names : tuple of str
        Name of each file, without its ending; with its folders where several files have the name.
    units : ndarray (n,) of str
        The subject of each recording: recordings of one subject, or of twins of one mother, are
        not independent.
    ph, bdecf, apgar1, apgar5 : ndarray (n,)
        pH and base deficit (mmol/l) of the umbilical artery, Apgar scores after 1 and 5 minutes;
        NaN where the header does not say.
    second_stage : ndarray (n,)
        Minutes from the start of the recording to the second stage of labour, NaN if not said.
    to_birth : ndarray (n,)
        Minutes from the end of the recording to birth, NaN if not said.
    comments : tuple of n dict
        All that the headers say, as text.
    missing : ndarray (n,)
        Share of the heart rate that was lost, 0 to 1.
    skipped : tuple of str
        With ``skip=True``, each file that was left out, and why.
    remarks : tuple of (str, str, str)
        All that is not as usual: the recording ("" of none), the kind of the remark, such as
        "no pH" or "unclear", and what was found or quoted.
    note : str
        The same in few lines: no pH, or none that is clear, a flat channel, values that no monitor
        measures, comments never seen, one subject twice.
    """

    heart_rate: tuple[np.ndarray, ...]
    contractions: tuple[np.ndarray, ...]
    rate: np.ndarray
    names: tuple[str, ...]
    units: np.ndarray
    ph: np.ndarray
    bdecf: np.ndarray
    apgar1: np.ndarray
    apgar5: np.ndarray
    second_stage: np.ndarray
    to_birth: np.ndarray
    comments: tuple[dict, ...]
    missing: np.ndarray
    skipped: tuple[str, ...] = ()
    remarks: tuple[tuple[str, str, str], ...] = ()
    note: str = ""


class _One(NamedTuple):
    name: str
    heart_rate: np.ndarray
    unread: tuple[str, ...]  # heart rates beside it: of a twin, or of the mother
    instead: str  # where the first heart rate is lost throughout: which one is read
    beyond: int  # samples that the header does not announce, and that are not read
    not_measured: int  # values that no monitor measures, and that count as lost
    odd_unit: str  # that of the header, where the values alone say that it is beats a minute
    contractions: np.ndarray
    rate: float
    said: Facts
    comments: dict[str, str]


def load_ctg(
    path: str | os.PathLike,
    *,
    subjects: str | os.PathLike | None = None,
    skip: bool = False,
    largest: int | None = None,
) -> Recordings:
    r"""Load recordings of fetal heart rate and contractions, with the outcome in their headers.

    Parameters
    ----------
    path : str or path
        The ``.hea`` header of a WFDB record, or a folder of them; the comments of the header as
        the CTU-UHB database writes them (pH, BDecf, Apgar1, Apgar5, Pos. II.st., Sig2Birth).
        Formats 16 and 212 in one segment; others need the extra ``[wfdb]``.
    subjects : str or path, optional
        A CSV file with columns name and subject, for recordings that share one: twins of one
        mother, a birth recorded twice. By default every recording is its own subject, but for
        those that hold the same heart rates, cut otherwise or at another rate too, which no table
        parts, or the same dbID, which a table that lists each of them parts.
    skip : bool
        Files that cannot be used are left out and listed in ``.skipped``, instead of being refused.
    largest : int, optional
        Bytes that the signals may take in all; by default the memory that is free.

    Returns
    -------
    Recordings

    Raises
    ------
    InputError
        If a file is damaged, does not say its sampling rate, or holds no heart rate in beats a
        minute; each names the file. If a table gives two subjects to recordings that hold the same
        heart rates. A pH that is not clear is no error: it is NaN, and quoted in ``.remarks``.
    ImportError
        If a format needs the package wfdb and it is not installed.

    Notes
    -----
    A sample n of the converter stands for

    .. math:: x = (n - n_0) / g

    with the header's zero and gain. A heart rate of 0 is a lost signal, as monitors write it, and
    becomes NaN. Nothing is interpolated. Where a frame holds several samples, those that are there
    are averaged.

    References
    ----------
    V. Chudáček et al., "Open access intrapartum CTG database", BMC Pregnancy and Childbirth 14
    (2014) 16.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from toolbox import load_ctg
    >>> with TemporaryDirectory() as folder:
    ...     samples = np.full((2400, 2), (14000, 1000), dtype="<i2")
    ...     samples[:600, 0] = 0  # lost
    ...     _ = Path(folder, "1001.dat").write_bytes(samples.tobytes())
    ...     sums = samples.sum(axis=0, dtype=int) % 2**16
    ...     lines = ["1001 2 4 2400", f"1001.dat 16 100/bpm 12 0 0 {sums[0]} 0 FHR"]
    ...     lines += [f"1001.dat 16 100/nd 12 0 0 {sums[1]} 0 UC", "#pH 7.04", "#Sig2Birth 0"]
    ...     _ = Path(folder, "1001.hea").write_text("\n".join(lines))
    ...     birth = load_ctg(folder)
    >>> birth.names, birth.ph.tolist(), birth.missing.tolist(), float(birth.heart_rate[0][-1])
    (('1001',), [7.04], [0.25], 140.0)
    """
    place, room = existing(path), Room(largest)
    skipping = Skipping(allowed=flag(skip, "skip"), room=room)
    headers = _headers(place, skipping)
    names = _names(place, headers)
    given = listed_subjects(subjects, names, skipping)
    found: list[_One] = []
    for header, name in zip(headers, names, strict=True):
        with skipping.of(name + header.suffix):
            found.append(_one(header, name, room))
    if not found:
        why = "; ".join([f"none in {str(place)!r}", *skipping.skipped])
        refuse("path", "at least one recording that can be used", why)
    subjects = of_subjects(found, given, skipping)
    found = subjects.recordings
    if not found:
        refuse("subjects", "one subject for each signal", "none of which that is so")
    remarks = [*subjects.remarks, *remarks_of(found), *_other_files(place)]
    return _together(found, subjects.subjects, skipping.skipped, remarks)


def _headers(place: Path, skipping: Skipping) -> list[Path]:
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


def _other_files(place: Path) -> list[Remark]:
    """Return a remark on files that may hold recordings, and that are not read."""
    shown = place.rglob("*") if place.is_dir() else ()
    other = sorted(
        file.relative_to(place).as_posix()
        for file in shown
        if file.suffix.lower() in _OTHER and not file.name.startswith(".")
    )
    told = f"not read, and not WFDB: {few(other)} (export recordings as WFDB, unpack archives)"
    return [Remark("", "other files", told)] * bool(other)


def _names(place: Path, headers: list[Path]) -> list[str]:
    """Return a name for each header: that of the file, with its folders where another has it too.

    Two hospitals may both have a recording 1001, and these are not of one subject.
    """
    count = Counter(header.stem for header in headers)
    return [
        h.stem if count[h.stem] == 1 else h.relative_to(place).with_suffix("").as_posix()
        for h in headers
    ]


def _says_gain(header: Path, signal: int) -> bool:
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


def _one(header: Path, name: str, room: Room) -> _One:
    """Read one recording and refuse what is no fetal heart rate in beats a minute."""
    kept = read_or_refuse(read_any_record, header, room)
    if not kept.rate_said:
        refuse("path", "a header that says its sampling rate", f"none in {str(header)!r}")
    if not RATES[0] <= kept.rate <= RATES[1]:
        wanted = f"{RATES[0]:g} to {RATES[1]:g} samples a second, as monitors write"
        refuse("path", wanted, f"{kept.rate:g} in {str(header)!r}")
    rates, lost = _heart_rates(kept, header)
    if not _says_gain(header, rates[0]):
        refuse("path", f"a gain of {kept.names[rates[0]]!r}", f"none, or 0, in {str(header)!r}")
    heart_rate, unit = kept.values[rates[0]], kept.units[rates[0]]
    _want_beats(heart_rate, unit, header)
    theirs = _channels(kept, _UC)
    contractions = kept.values[theirs[0]] if theirs else np.full(len(heart_rate), np.nan)
    away = not_measured(heart_rate)
    return _One(
        name=name,
        heart_rate=np.where(away, np.nan, heart_rate).astype(np.float32),
        unread=tuple(kept.names[i] for i in rates[1:]),
        instead=f"{kept.names[rates[0]]} for {kept.names[lost[0]]}" if lost else "",
        beyond=kept.beyond,
        not_measured=int(away.sum()),
        odd_unit="" if unit.lower() in HEART_RATE_UNITS else unit,
        contractions=contractions.astype(np.float32),
        rate=kept.rate,
        said=within(facts(kept.comments), samples=len(heart_rate), rate=kept.rate),
        comments=kept.comments,
    )


def _heart_rates(kept: Record, header: Path) -> tuple[list[int], list[int]]:
    """Return the places of the heart rates, that to be read first, and of the lost ones before it.

    Of a monitor's sockets the first may be empty; the mother's is never taken for the fetus'.
    """
    rates = _channels(kept, _FHR)
    own = [i for i in rates if not _MOTHERS.match(kept.names[i].upper())]
    if not own:
        wanted = f"a signal called {' or '.join(_FHR)}, or in bpm, of the fetus"
        refuse("path", wanted, f"{', '.join(kept.names)} in {str(header)!r}")
    lost = [i for i in own if np.isnan(kept.values[i]).all()]
    first = next((i for i in own if i not in lost), own[0])
    before = [i for i in lost if own.index(i) < own.index(first)]
    return [first, *(i for i in rates if i != first)], before


def _channels(kept: Record, names: tuple[str, ...]) -> list[int]:
    """Return the places of the signals of these names, then of others in beats a minute."""
    named = [i for i, name in enumerate(kept.names) if name.upper().startswith(names)]
    beats = HEART_RATE_UNITS if names is _FHR else ()
    others = [i for i, unit in enumerate(kept.units) if unit.lower() in beats and i not in named]
    return named + others


def _want_beats(heart_rate: np.ndarray, unit: str, header: Path) -> None:
    """Refuse what is no heart rate in beats a minute, by the header's unit and by the values."""
    if unit.lower() in _OF_INTERVALS:  # whose median may look like that of a heart rate
        refuse("path", "a heart rate in beats a minute", f"one in {unit!r} in {str(header)!r}")
    middle = odd_median(heart_rate)
    if middle is not None:
        wanted = f"a heart rate in beats a minute, its median from {MEDIAN[0]:g} to {MEDIAN[1]:g}"
        refuse("path", wanted, f"{middle:.4g} in {str(header)!r} (samples or milliseconds a beat?)")
    if (np.isnan(heart_rate) | not_measured(heart_rate)).all():
        refuse("path", "a heart rate", f"a signal that is lost throughout in {str(header)!r}")
    share = measured_share(heart_rate)
    if unit.lower() not in HEART_RATE_UNITS and share < _BY_VALUES:
        wanted = f"a heart rate in bpm, or {_BY_VALUES:.0%} of its values {MEASURED_TEXT}"
        refuse("path", wanted, f"{unit!r} and {share:.0%} in {str(header)!r}")


def _together(
    found: list[_One],
    subjects: list[str],
    skipped: list[str],
    remarks: list[Remark],
) -> Recordings:
    rate = np.array([one.rate for one in found])
    said = {
        name: np.array([getattr(one.said, name) for one in found])
        for name in ("ph", "bdecf", "apgar1", "apgar5", "second_stage", "to_birth")
    }
    said["second_stage"] = said["second_stage"] / rate / 60
    return Recordings(
        heart_rate=tuple(one.heart_rate for one in found),
        contractions=tuple(one.contractions for one in found),
        rate=rate,
        names=tuple(one.name for one in found),
        units=np.array(subjects),
        comments=tuple(one.comments for one in found),
        missing=np.array([np.isnan(one.heart_rate).mean() for one in found]),
        skipped=tuple(skipped),
        remarks=tuple(tuple(one) for one in remarks),
        note="; ".join(lines_of(remarks)),
        **said,
    )
