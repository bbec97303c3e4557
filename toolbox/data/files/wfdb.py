"""Read physiological records of the WFDB family: a text header beside files of samples.

Formats 16 and 212 of Moody's "WFDB Applications Guide", those of the fetal-heart-rate records of
PhysioNet.
"""

import codecs
from pathlib import Path
from typing import NamedTuple

import numpy as np

from toolbox.core.checks import refuse
from toolbox.data.memory_limits import Room
from toolbox.data.number_blocks import exactly

_LOST = {"16": -32768, "212": -2048}  # the code of a sample that is not there
# Of a sample, by format; how long compressed ones are depends on what they hold.
SAMPLE_BYTES = {"8": 1, "16": 2, "24": 3, "32": 4, "61": 2, "80": 1, "160": 2, "212": 1.5}
_DEFAULT_GAIN = 200.0  # units of the converter in one physical unit, where the header says none
HEART_RATE_UNITS = ("bpm", "beats/min", "beats/minute", "/min", "1/min")
# What instruments have; beyond, the header is damaged.
_RATES = (1e-7, 1e10)  # samples a second: from a few a year to those of the fastest converters
_GAINS = (1e-12, 1e12)  # from tera to pico
_LARGEST_BASELINE = 2.0**31  # converters have no more bits
_OTHERWISE = "is it of another format, of more signals, or of a higher rate?"
_FRAMES = 1 << 16  # decoded at once; even, so that format 212 is cut between its triples of bytes


class Signal(NamedTuple):
    """One line of the header: how the samples of a signal are stored."""

    file: str
    format: str
    offset: int  # bytes before the first sample
    gain: float
    baseline: float
    units: str
    name: str
    checksum: int | None  # of all samples, modulo 2**16


class Record(NamedTuple):
    """Physical values ``(signals, samples)``, NaN where lost, and what the header tells."""

    values: np.ndarray
    names: list[str]
    units: list[str]
    rate: float  # samples a second
    comments: dict[str, str]
    rate_said: bool = True  # by the header; without, the format's 250 samples a second
    beyond: int = 0  # samples of each signal after the last that the header announces: not read


def read_record(header: Path, room: Room | None = None) -> Record:
    """Read a record by its ``.hea`` file; raises `ValueError` or `OSError` on what is wrong.

    Samples that carry the code for "not there" are NaN, and so are heart rates of zero, which
    monitors write when they lose the signal.
    """
    rows, comments = read_header(header)
    count, rate, length = record_line(rows)
    if "/" in rows[0].split()[0]:
        raise ValueError("a record of several segments; save them as records of their own")
    signals = [_signal_line(row, i) for i, row in enumerate(rows[1 : count + 1])]
    if len(signals) != count or count < 1:
        raise ValueError(f"a header that announces {count} signals and lists {len(signals)}")
    _check_files(header, signals)
    values, beyond = _values(header.parent, signals, length, room or Room())
    return Record(
        values=values,
        names=[s.name for s in signals],
        units=[s.units for s in signals],
        rate=rate,
        comments=comments,
        rate_said=len(rows[0].split()) > 2,
        beyond=beyond,
    )


def read_header(header: Path) -> tuple[list[str], dict[str, str]]:
    """Return the lines of a header that say something, and what its comments say."""
    content = header.read_bytes()
    if b"\0" in content:  # UTF-16, or no text at all
        kind = "UTF-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "no text"
        wanted = "a header in plain text, as an editor saves it under the encoding UTF-8"
        refuse("path", wanted, f"{str(header)!r}, which is {kind}")
    lines = content.decode("utf-8-sig", errors="replace").splitlines()
    lines = [line.strip() for line in lines if line.strip()]
    return [line for line in lines if line[0] != "#"], _comments(lines)


def _check_files(header: Path, signals: list[Signal]) -> None:
    """Refuse a header that came without its samples, as when it was downloaded alone."""
    files = sorted({s.file for s in signals})
    gone = [f for f in files if Path(f).name == f and not (header.parent / f).is_file()]
    if gone:
        wanted = "a header with its signal files beside it (copy them there)"
        refuse("path", wanted, f"{str(header)!r} without {', '.join(gone)}")


def record_line(rows: list[str]) -> tuple[int, float, int | None]:
    """Return the number of signals, the sampling rate and the number of samples (None: unsaid)."""
    fields = rows[0].split() if rows else []
    if len(fields) < 2:
        raise ValueError("a header without the line: name, number of signals, rate, samples")
    try:
        rate = float(fields[2].split("/")[0].split("(")[0]) if len(fields) > 2 else 250.0
        count, length = int(fields[1]), int(fields[3]) if len(fields) > 3 else 0
    except ValueError:
        wanted = "name, number of signals, rate, samples"
        raise ValueError(f"a header whose line is not: {wanted}, but {rows[0][:80]!r}") from None
    want_plausible_rate(rate)
    if length < 0:
        raise ValueError(f"a header whose number of samples is {length}")
    return count, rate, length or None


def _signal_line(row: str, number: int) -> Signal:
    """Read "file format gain(baseline)/units bits zero first checksum block description"."""
    fields = row.split(maxsplit=8)
    if len(fields) < 2:
        raise ValueError(f"the line of signal {number} says no file and format: {row!r}")
    kind, _, offset = fields[1].partition("+")
    if kind not in _LOST:
        known = " or ".join(_LOST)
        raise ValueError(f"signal {number} has format {kind}; {known} can be read")
    gain, baseline, units = calibration(row)
    zero = fields[4] if len(fields) > 4 else "0"
    signal = Signal(
        file=fields[0],
        format=kind,
        offset=int(offset or 0),
        gain=float(gain or 0) or _DEFAULT_GAIN,
        baseline=float(baseline or zero),
        units=units or "mV",
        name=fields[8].strip() if len(fields) > 8 else f"signal {number}",
        checksum=int(fields[6]) if len(fields) > 6 else None,
    )
    want_plausible_scale(signal.gain, signal.baseline, number)
    if signal.offset < 0:
        raise ValueError(f"signal {number} starts at {signal.offset}")
    return signal


def calibration(row: str) -> tuple[str, str, str]:
    """Return gain, baseline and units as a signal's line has them, "" for what it leaves out."""
    said, _, units = (row.split() + [""] * 3)[2].partition("/")
    gain, _, baseline = said.partition("(")
    return gain, baseline.rstrip(")"), units


def want_plausible_rate(rate: float) -> None:
    """Raise ValueError for a sampling rate that no instrument has."""
    if not _RATES[0] <= rate <= _RATES[1]:
        raise ValueError(f"a header whose sampling rate is {rate}")


def want_plausible_scale(gain: float, baseline: float, number: int) -> None:
    """Raise ValueError for a gain or a zero that no converter has."""
    if not _GAINS[0] <= abs(gain) <= _GAINS[1]:
        raise ValueError(f"signal {number} has a gain of {gain:g}")
    if not abs(baseline) <= _LARGEST_BASELINE:
        raise ValueError(f"signal {number} has its zero at {baseline:g}")


def _values(
    folder: Path, signals: list[Signal], length: int | None, room: Room
) -> tuple[np.ndarray, int]:
    """Return the physical values of every signal; those of one file are interleaved in it.

    Beside them, how many samples of each are left unread at the end of the longest file.
    """
    files = {s.file: [i for i, o in enumerate(signals) if o.file == s.file] for s in signals}
    found = [_frames(folder, [signals[i] for i in own], length) for own in files.values()]
    frames, beyond = zip(*found, strict=True)
    if len(set(frames)) > 1:
        raise ValueError(f"signals of different lengths: {list(frames)} samples")
    room.take(8 * len(signals) * frames[0], folder / signals[0].file)
    values = np.empty((len(signals), frames[0]))
    for file, own in files.items():
        _read_file(folder / file, [signals[i] for i in own], [values[i] for i in own])
    return values, max(beyond)


def _frames(folder: Path, own: list[Signal], length: int | None) -> tuple[int, int]:
    """Return how many samples of each of its signals are read from a file, and how many are not."""
    file, kind = own[0].file, own[0].format
    if len({(s.format, s.offset) for s in own}) > 1:
        raise ValueError(f"{file!r} holds signals of different formats")
    if Path(file).name != file:
        raise ValueError(f"the file of samples {file!r} is not beside its header")
    size = max(0, (folder / file).stat().st_size - own[0].offset)
    stored = size // 2 if kind == "16" else size // 3 * 2 + (size % 3 == 2)
    frames = stored // len(own) if length is None else length
    if stored < frames * len(own) or frames == 0:
        raise ValueError(
            f"a truncated file of samples: {stored} in {file!r}, {frames * len(own)} announced"
        )
    checked = all(signal.checksum is not None for signal in own)
    return frames, unread_frames(
        file, size, SAMPLE_BYTES[kind], (frames, len(own)), checked=checked
    )


def unread_frames(
    file: str, size: int, each: float, announced: tuple[int, int], *, checked: bool
) -> int:
    """Return how many frames a file of samples holds after those that its header announces.

    A sum of the samples that are announced tells that they were read rightly. Without one, a file
    that is as long as the same samples in another format, or a whole number of times as long, was
    written in that format, with more signals or at a higher rate: its numbers would be wrong.
    """
    frames, of_frame = announced
    samples = frames * of_frame
    beyond = int((size / each - samples) // of_frame)
    # A file of an odd number of samples of 12 bits may end with half a pair that is empty.
    if beyond < 1 or size <= np.ceil((samples + 1) * each):
        return 0
    if not checked and (
        size in (1.5 * samples, 2 * samples, 3 * samples) or size % (samples * each) == 0
    ):
        wanted = "a file of samples as long as its header says"
        times = size / (samples * each)
        refuse("path", wanted, f"{file!r}, {times:.3g} times as long ({_OTHERWISE})")
    return beyond


def _read_file(path: Path, own: list[Signal], places: list[np.ndarray]) -> None:
    """Fill the values of the signals of one file, some at a time."""
    sums, kind = [0] * len(own), own[0].format
    with path.open("rb") as handle:
        handle.seek(own[0].offset)
        for start in range(0, len(places[0]), _FRAMES):
            parts = [place[start : start + _FRAMES] for place in places]
            number = len(own) * len(parts[0])
            nbytes = 2 * number if kind == "16" else (3 * number + 1) // 2
            samples = _decoded(exactly(handle, nbytes), kind).reshape(-1, len(own)).T
            for i, signal in enumerate(own):
                sums[i] += int(samples[i].sum(dtype=np.int64))
                parts[i][:] = _physical(signal, samples[i])
    for signal, total in zip(own, sums, strict=True):
        if signal.checksum is not None and (total - signal.checksum) % 2**16:
            raise ValueError(f"the samples of {signal.name!r} have another checksum than announced")


def _decoded(content: bytes, kind: str) -> np.ndarray:
    """Return the samples of a file in their order."""
    if kind == "16":
        return np.frombuffer(content[: len(content) // 2 * 2], dtype="<i2").astype(np.int32)
    # Format 212: two samples of 12 bits in three bytes; the middle byte holds both upper halves.
    whole = len(content) // 3 * 3
    low, middle, high = np.frombuffer(content[:whole], dtype=np.uint8).reshape(-1, 3).T.astype(int)
    pairs = np.stack([low + ((middle & 15) << 8), high + ((middle >> 4) << 8)], axis=1).ravel()
    rest = content[whole:]
    if len(rest) == 2:  # an odd number of samples ends with a half pair
        pairs = np.append(pairs, rest[0] + ((rest[1] & 15) << 8))
    return np.where(pairs > 2047, pairs - 4096, pairs).astype(np.int32)


def _physical(signal: Signal, samples: np.ndarray) -> np.ndarray:
    values = (samples - signal.baseline) / signal.gain
    lost = samples == _LOST[signal.format]
    return np.where(lost | lost_zeros(values, signal.name, signal.units), np.nan, values)


def lost_zeros(values: np.ndarray, name: str, units: str) -> np.ndarray:
    """Say where a signal is a heart rate of zero, which monitors write when they lose it."""
    heart_rate = units.lower() in HEART_RATE_UNITS or name.upper().startswith("FHR")
    return (values == 0) & heart_rate


def _comments(lines: list[str]) -> dict[str, str]:
    """Return "#key value", "#key: value" and "#key=value" comments; headings (#--) have no value.

    What is said twice, and not the same, is both values; words without a value stand with none.
    """
    comments: dict[str, str] = {}
    for line in (line.lstrip("#").strip() for line in lines if line[0] == "#"):
        key, value = _key_and_value(line.replace("\t", "  "))
        if key and not line.startswith("--"):
            before = comments.get(key) or value
            comments[key] = value if before == value else "; ".join(filter(None, (before, value)))
    return comments


def _key_and_value(line: str) -> tuple[str, str]:
    """Return what a comment is of, and what it says: parted by ":", two spaces, "=" or a space."""
    parting = next((mark for mark in (":", "  ", "=", " ") if mark in line), None)
    if parting is None:
        return line, ""
    parts = line.partition if parting in ":=" else line.rpartition
    key, _, value = parts(parting)
    return key.strip(" ="), value.strip(" =")
