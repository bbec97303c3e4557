"""What is not as usual in recordings, in a clinician's words: grouped, counted, told what to do.

The report names the first recordings of each remark; remarks.csv has every one of them.
"""

from typing import Any

import numpy as np

from grainwise.reports.pages.wording import counted, first_of, remarks

TABLE = "remarks.csv"
NO_OUTCOME = "Described, and not used to tell the outcome."
# A kind of remark -> what n recordings have, and what that means or what to do.
WORDS = {
    "unclear pH": (
        "{have} a pH in the header from which no number of the umbilical artery can be taken",
        f"{NO_OUTCOME} Where you know the pH, write it alone into the header.",
    ),
    "impossible pH": (
        "{have} a pH in the header that no birth has",
        f"{NO_OUTCOME} Was a decimal point lost?",
    ),
    "no pH": ("{have} no pH in the header", NO_OUTCOME),
    "several dbID": (
        "{have} several subject numbers (dbID) in the header, so that nobody knows whose they are",
        f"{NO_OUTCOME} A table of subjects (--subjects) that lists them says whose they are.",
    ),
    "both outcomes": (
        "{have} a subject with the outcome in one recording and not in another, as twins may have",
        NO_OUTCOME,
    ),
    "two pH of one birth": (
        "{hold} a birth that another recording holds with another pH",
        "Which of the two is right?",
    ),
    "unclear": (
        "{have} another entry in the header that is not one clear number",
        "It is left out.",
    ),
    "impossible": ("{have} another entry in the header that no birth has", "It is left out."),
    "words beside a number": (
        "{have} words beside a number in the header",
        "The number was taken. Is it that of the umbilical artery?",
    ),
    "one subject": (
        "{hold} the same heart rates, or the same dbID, as another one",
        "Counted as one subject.",
    ),
    "cut otherwise": (
        "{hold} a birth that another one holds too, cut otherwise or at another rate",
        "Counted as one subject.",
    ),
    "unit": (
        "{have} a heart rate without the unit of beats a minute in the header",
        "The values are those of beats a minute, and were taken as such.",
    ),
    "too little signal": (
        "{have} so little signal that nothing can be computed",
        "Listed, without features.",
    ),
    "no contractions": (
        "{have} no contractions, or a flat channel of them",
        "Nobody knows which decelerations are late or early.",
    ),
    "no scaling": (
        "{have} too many gaps for the statistics over several time scales",
        "These statistics are empty.",
    ),
    "slow": (
        "{have} fewer than 2 samples a second",
        "What lasts for 2 seconds is not seen as in faster recordings.",
    ),
    "not measured": (
        "{have} values that no monitor measures (outside 50 to 240 beats a minute)",
        "These values count as lost; their number is in brackets.",
    ),
    "held": (
        "{have} one value for a minute and more, as monitors hold their last one",
        "It is kept as recorded; in brackets, the share of the recording.",
    ),
    "low": (
        "{have} 10 minutes and more below 100 beats a minute, as a mother's or a halved heart rate",
        "They are kept as recorded: look at the traces before you use their numbers.",
    ),
    "unread samples": (
        "{hold} more samples than the header announces",
        "What is beyond is not read: was the file cut, or is the header another's?",
    ),
    "second heart rate": (
        "{hold} a second heart rate, of a twin or of the mother",
        "Only the first is read.",
    ),
    "another channel": (
        "{have} a first heart rate that is lost throughout",
        "Another one was read (in brackets). Is it of the same fetus?",
    ),
    "twin or mother": (
        "{have} words of a twin or of the mother in the header",
        "They count as of different subjects: if a mother has several, join them in a table "
        "(--subjects), or intervals are too narrow.",
    ),
    "Sig2Birth": (
        "{have} a time to birth (Sig2Birth) in the header",
        "It is taken as minutes.",
    ),
    "unknown comment": (
        "{have} comments in the header that are not known here",
        "They are not used.",
    ),
    "table of subjects": ("", ""),
    "other files": ("", ""),
}
ONE = {"have": " has", "hold": " holds"}
SEVERAL = {"have": " have", "hold": " hold"}
# Kinds of which what was found stands in brackets behind each recording.
QUOTED = {
    "unclear pH",
    "impossible pH",
    "several dbID",
    "both outcomes",
    "two pH of one birth",
    "unclear",
    "impossible",
    "words beside a number",
    "unit",
    "not measured",
    "held",
    "low",
    "unread samples",
    "second heart rate",
    "another channel",
    "twin or mother",
    "unknown comment",
}


def every_remark(recordings: Any, features: Any, told: Any) -> list[tuple[str, str, str]]:
    """Return (recording, kind, what was found), of the recordings and of what was computed."""
    found = [(name, _kind(kind, said), said) for name, kind, said in recordings.remarks]
    silent = {name for name, kind, _ in found if kind == "no contractions"}
    column = dict(zip(features.names, features.values.T, strict=True))
    little = np.isnan(column["baseline"])
    lacking = {
        "too little signal": little,
        "no contractions": ~little & np.isnan(column["contractions"]),
        "no scaling": ~little & np.isnan(column["c1"]),
        "slow": recordings.rate < 2,
        "both outcomes": np.isin(recordings.units, told.mixed),
    }
    for kind, those in lacking.items():
        for i in np.flatnonzero(those):
            name = recordings.names[i]
            said = f"subject {recordings.units[i]}" if kind == "both outcomes" else ""
            if kind != "no contractions" or name not in silent:
                found.append((name, kind, said))
    return found


def _kind(kind: str, said: str) -> str:
    """Return the kind of a remark: that of an outcome's pH stands by itself."""
    of_ph = kind in ("unclear", "impossible") and "pH" in said
    return f"{kind} pH" if of_ph else kind


def remarks_in_words(found: list[tuple[str, str, str]]) -> list[str]:
    """Return a sentence for each kind, with how many recordings it is of and the first of them."""
    sentences = []
    for kind, (what, then) in WORDS.items():
        those = [(name, said) for name, of, said in found if of == kind]
        if those and not what:  # said of no recording
            sentences += list(dict.fromkeys(f"{said[0].upper()}{said[1:]}." for _, said in those))
        elif those:
            number = len({name for name, _ in those})
            told = [f"{n} ({said})" if kind in QUOTED and said else n for n, said in those]
            clause = what.format(**(ONE if number == 1 else SEVERAL))
            which = first_of(list(dict.fromkeys(told)))
            sentences.append(f"{counted(number, 'recording')}{clause}: {which}. {then}")
    return sentences


def remark_table(found: list[tuple[str, str, str]], *notes: str) -> dict[str, list[str]]:
    """Return the columns of remarks.csv: each remark, and the technical notes after them."""
    rows = [*found, *(("", "note of a method", text) for text in remarks(*notes))]
    names, kinds, said = zip(*rows, strict=True) if rows else ((), (), ())
    return {"recording": list(names), "remark": list(kinds), "said": list(said)}
