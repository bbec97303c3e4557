"""Records that our own reader does not know, through the optional package wfdb.

Other formats of samples than 16 and 212, several samples a frame, several segments. The package is
asked for the converter's numbers alone: its physical values average the samples of a frame with the
code of a lost one among them, and it compares no checksums.
"""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core.checks import refuse
from toolbox.data.files.wfdb import (
    SAMPLE_BYTES,
    Record,
    lost_zeros,
    read_header,
    read_record,
    record_line,
    unread_frames,
    want_plausible_scale,
)
from toolbox.data.memory_limits import Room

_OURS = ("16", "212")
_EXTRA = "the extra [wfdb] (pip install 'grainwise[wfdb]') reads formats beyond 16 and 212"
# The code of a sample that is not there: the most negative number of the format's bits.
_BITS = {"8": 8, "16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12}
_BITS |= {"310": 10, "311": 10, "508": 8, "516": 16, "524": 24}
_FORMATS = f"samples in a format of WFDB ({', '.join(sorted(_BITS, key=int))})"


def read_any_record(header: Path, room: Room) -> Record:
    """Read a record with our own reader where that knows it, else with the package wfdb."""
    return _by_package(header, room) if _beyond_ours(header) else read_record(header, room)


def _beyond_ours(header: Path) -> bool:
    """Say whether a header names several segments, or formats that only the package knows."""
    rows = [row.split() for row in read_header(header)[0]]
    if not rows or len(rows[0]) < 2 or not rows[0][1].isdigit():
        return False
    formats = [row[1].partition("+")[0] for row in rows[1 : int(rows[0][1]) + 1] if len(row) > 1]
    segments = "/" in rows[0][0]
    for kind in () if segments else formats:
        if re.match(r"\d*", kind).group() not in _BITS:  # 16x2: two samples of format 16 a frame
            wanted = f"{_FORMATS}: export the recording anew, as WFDB in format 16"
            refuse("path", wanted, f"format {kind!r} in {str(header)!r}")
    return segments or any(kind not in _OURS for kind in formats)


def _by_package(header: Path, room: Room) -> Record:
    rows, comments = read_header(header)
    first = rows[0].split()
    _, rate, _ = record_line(rows)  # the package takes 1e300 for 1, and -4 or nan for 250
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pandas, about what the package does with it
            import wfdb

            said = wfdb.rdheader(str(header.with_suffix("")))
            for name in (said.record_name, *(getattr(said, "seg_name", None) or ())):
                if name != "~":  # a gap between two segments
                    _want_plausible_scales(wfdb.rdheader(str(header.with_name(name))))
            room.take(16 * int(said.sig_len or 0) * int(said.n_sig or 0), header)
            found = _read(wfdb, header, physical="/" in first[0])
    except ImportError as error:
        raise ImportError(_EXTRA) from error
    return Record(
        values=np.stack([_signal(found, i) for i in range(found.n_sig)]),
        names=[_name(found, i) for i in range(found.n_sig)],
        units=list(found.units),
        rate=rate,
        comments=comments,
        rate_said=len(first) > 2,
        beyond=_beyond(said, header) if len(first) > 3 else 0,
    )


def _beyond(said: Any, header: Path) -> int:
    """Return how many frames files hold after those announced; of compressed ones nobody knows."""
    beyond = 0
    for file in set(getattr(said, "file_name", None) or ()):
        own = [i for i, name in enumerate(said.file_name) if name == file]
        each = SAMPLE_BYTES.get(said.fmt[own[0]])
        if each is not None:
            size = (header.parent / file).stat().st_size - (said.byte_offset[own[0]] or 0)
            announced = said.sig_len, sum(said.samps_per_frame[i] or 1 for i in own)
            sums = said.checksum or [None]
            checked = all(number is not None for number in sums)
            beyond = max(beyond, unread_frames(file, size, each, announced, checked=checked))
    return beyond


def _want_plausible_scales(said: Any) -> None:
    """Raise ValueError for gains and zeros that no converter has; a list of segments has none."""
    gains, zeros = (getattr(said, name, None) or () for name in ("adc_gain", "baseline"))
    for i, (gain, zero) in enumerate(zip(gains, zeros, strict=False)):
        want_plausible_scale(float(gain), float(zero), i)


def _read(wfdb: Any, header: Path, *, physical: bool) -> Any:
    """Return the package's record, every sample of a frame apart."""
    name = str(header.with_suffix(""))
    return wfdb.rdrecord(name, physical=physical, smooth_frames=False, return_res=64)


def _signal(found: Any, i: int) -> np.ndarray:
    """Return one value a frame: the mean of its samples that are there, NaN where none is."""
    if found.e_p_signal is None:
        values = _physical(found, i)
    else:  # several segments, whose gains may differ: the package's own values, frames apart
        values = np.array(found.e_p_signal[i], dtype=np.float64)
    values[lost_zeros(values, _name(found, i), found.units[i])] = np.nan
    frames = values.reshape(found.sig_len, -1)
    there = (~np.isnan(frames)).sum(axis=1)
    return np.where(there, np.nansum(frames, axis=1) / np.maximum(there, 1), np.nan)


def _name(found: Any, i: int) -> str:
    """Return a signal's name, as our own reader calls one without."""
    return (found.sig_name and found.sig_name[i]) or f"signal {i}"


def _physical(found: Any, i: int) -> np.ndarray:
    samples = np.asarray(found.e_d_signal[i], dtype=np.int64)
    said = found.checksum and found.checksum[i]
    if said is not None and (int(samples.sum()) - said) % 2**16:
        name = _name(found, i)
        raise ValueError(f"the samples of {name!r} have another checksum than announced")
    lost = samples == -(2 ** (_BITS[found.fmt[i]] - 1))
    return np.where(lost, np.nan, (samples - found.baseline[i]) / found.adc_gain[i])
