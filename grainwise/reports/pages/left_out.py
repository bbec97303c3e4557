"""Files that were left out, in plain words: what is wrong with which, and what to do.

What a reader of files says against one is meant for who reads code ("path: wanted ..., got ...").
Here it becomes a sentence; the technical text stands in left_out.csv.
"""

import re
from typing import NamedTuple

from grainwise.reports.pages.blocks import Heading, Items, Text
from grainwise.reports.pages.wording import counted, first_of

TABLE = "left_out.csv"
NAMED = 40  # files of one reason that the report names
COPY = "Copy it again from where it came from."
COPY_BOTH = "Copy the header and its file of samples again from where they came from."
EXPORT = "Export the recording anew."
HEADER = "Correct the header (.hea) in a text editor, or export the recording anew."
MOVE = "Move it away, or save it as PNG, JPEG or TIFF."
TABLE_ROW = "Correct the table."
# What a refusal says -> what is wrong, and what to do. The first that fits counts.
REASONS = (
    # of recordings
    ("another checksum", "the samples are not those that the header was written for", COPY_BOTH),
    ("truncated file of samples", "the file of samples ends before its header says", COPY_BOTH),
    ("signal files beside it", "the file of samples is missing", "Copy it beside its header."),
    ("names each file of samples", "samples without a header", "Copy the header (.hea) beside it."),
    ("says its sampling rate", "the header says no sampling rate", HEADER),
    (
        r"sampling rate is|samples a second, as monitors",
        "the header says a sampling rate that no monitor has",
        HEADER,
    ),
    ("header in plain text", "the header is no plain text", "Save it as plain text, in UTF-8."),
    (
        "header whose line is not",
        "the first line of the header is not one of a recording: has its name a space in it?",
        "Rename the recording without a space, in its header too, or export it anew.",
    ),
    (
        r"header without the line|header that announces",
        "the header is empty, or none of a recording",
        COPY_BOTH,
    ),
    (
        "header whose number of samples|different lengths|different formats|not beside its header"
        "|has a gain of|has its zero at|starts at|says no file and format",
        "the header contradicts itself, or its file of samples",
        HEADER,
    ),
    ("in a format of WFDB|has format", "the samples are in a format that is not known", EXPORT),
    ("file of samples as long as", "the file of samples is longer than its header says", COPY_BOTH),
    ("announced by", "more memory is wanted than is free", "Is the header right? Else split up."),
    ("a gain of", "the header does not say how many units are one beat a minute", HEADER),
    (
        r"median from|in bpm, or|heart rate in beats a minute, got one in",
        "the heart rate is not in beats a minute",
        "Export it in beats a minute, and with this unit in the header.",
    ),
    (
        "a signal called",
        "no signal is called a heart rate of the fetus (FHR); a mother's is not taken",
        HEADER,
    ),
    ("lost throughout", "the heart rate is lost from beginning to end", "Is another copy better?"),
    (
        "minutes of signal",
        "the recording is shorter than 5 minutes",
        "Export more of it, if there is more.",
    ),
    ("sample a second, got", "fewer samples than one a second", EXPORT),
    ("names of recordings", "the table of subjects names a recording that is not there", TABLE_ROW),
    (
        "name of a subject, or an empty",
        "the table of subjects says of a recording that nobody knows whose it is",
        "It counts as of a subject of its own. Leave the cell empty, or name the subject.",
    ),
    (
        "one subject for recordings",
        "the table gives two subjects to recordings of the same heart rates or number (dbID)",
        TABLE_ROW,
    ),
    # of images
    ("the same in every pixel", "the same image as another one", "Nothing: it counts once."),
    ("only images", "no image", MOVE),
    ("a blank one", "a blank image", "Scan it again, or move it away."),
    ("transparent or missing", "an image with transparent or missing pixels", "Fill or crop them."),
    (
        "at least .* pixels",
        "an image smaller than the square that is compared",
        "Give --size less.",
    ),
    ("finite pixels", "an image with pixels that are no numbers", "Save it anew."),
    (
        "images of one scale",
        "an image whose brightness is on another scale",
        "Save it as the others.",
    ),
    ("colours of three", "an image of more than three colours", "Save it in grey, or in RGB."),
    (
        "a table in UTF-8",
        "the table is not in UTF-8",
        "Save it anew: in Excel as “CSV UTF-8”.",
    ),
    (
        "name of one image",
        "the table names an image that is not there, or that several are called",
        TABLE_ROW,
    ),
    (
        "for images that are equal",
        "equal images to which the table gives two origins",
        "Correct the table, or remove one of them.",
    ),
    ("one (maker|package|sheet) for", "the table gives an image two origins", TABLE_ROW),
    # of any file
    ("link to a file", "a link to a file that is not there", "Copy the file itself."),
    ("whole, readable file", "the file is damaged, or is not what its name says", COPY),
)
OTHERWISE = ("not as it should be", f"{TABLE} says why, in technical words.")


class LeftOut(NamedTuple):
    """A file that was left out, what is wrong with it, what to do, and what its reader said."""

    file: str
    wrong: str
    advice: str
    technical: str


def left_out(skipped: tuple[str, ...]) -> list[LeftOut]:
    """Return each text "file: what its reader says" with plain words beside it."""
    found = []
    for text in skipped:
        file, _, technical = text.partition(": ")
        fitting = (words for pattern, *words in REASONS if re.search(pattern, technical))
        found.append(LeftOut(file, *next(fitting, OTHERWISE), technical))
    return found


def files_left_out(skipped: tuple[str, ...]) -> str:
    """Return how many files were left out; rows of a table that name none are no files."""
    files = [one for one in left_out(skipped) if not _is_row(one.file)]
    return f"{counted(len(files), 'file')} left out"


def _is_row(name: str) -> bool:
    return ".csv, " in name


def left_out_blocks(files: list[LeftOut]) -> list:
    """Return the section of a report: a line a reason, the most frequent first."""
    if not files:
        return []
    groups: dict[tuple[str, str], list[str]] = {}
    for one in files:
        groups.setdefault((one.wrong, one.advice), []).append(one.file)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    lines = [
        f"{wrong[0].upper()}{wrong[1:]} ({counted(len(names), _what(names))}): "
        f"{first_of(names, NAMED)}. {advice}"
        for (wrong, advice), names in ordered
    ]
    return [
        Heading("Files that were left out"),
        Text(f"{TABLE} beside this report lists each of them, with the technical reason.", "small"),
        Items(lines),
    ]


def _what(names: list[str]) -> str:
    return "row" if all(map(_is_row, names)) else "file"


def left_out_table(files: list[LeftOut]) -> dict[str, list[str]]:
    """Return the columns of left_out.csv."""
    columns = ("file", "what is wrong", "what to do", "technical reason")
    return {name: [one[k] for one in files] for k, name in enumerate(columns)}
