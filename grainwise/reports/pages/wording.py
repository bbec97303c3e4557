"""Numbers and remarks as reports print them: one rounding of a share wherever it stands."""

import re

import numpy as np


def decimals(value: float) -> str:
    """Return a share or an area with two decimals."""
    return f"{value:.2f}"


def percent(value: float) -> str:
    """Return a share in percent, rounded as `decimals` rounds it: .615 is .61 and 61%, not 62%."""
    return f"{float(decimals(value)):.0%}"


def between(pair: np.ndarray) -> str:
    """Return an interval with two decimals."""
    if np.isnan(pair).any():
        return "no interval"
    return f"{decimals(pair[0])} to {decimals(pair[1])}"


def shares(pair: np.ndarray) -> str:
    """Return an interval in percent."""
    if np.isnan(pair).any():
        return "no interval"
    return f"{percent(pair[0])} to {percent(pair[1])}"


def counted(number: int, what: str) -> str:
    """Return so many of what: 1 image, 2 images."""
    return f"{number} {what}{'s' * (number != 1)}"


def remarks(*notes: str) -> list[str]:
    """Return the remarks of several records, each once; a semicolon in brackets parts none."""
    each = (text for note in notes for text in re.split(r"; (?![^(]*\))", note))
    return [text for text in dict.fromkeys(each) if text]


def first_of(names: list[str], shown: int = 3) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
