"""Every number that a text may quote: `numbers.json`, and `numbers.tex` with a macro a number."""

import re
from typing import Any

import numpy as np

from paper_figures.runner.written_files import as_json

VALUES = ("value", "mean", "share")  # what an interval or a standard error beside it is of
ERRORS = ("standard_error", "monte_carlo_error")
LONGEST = 12  # of a list whose numbers are quoted one by one
DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def quoted(numbers: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return path -> value of a figure's numbers, with an interval or a standard error if known."""
    found: dict[str, dict[str, float]] = {}
    _collect(numbers, (), found)
    return found


def _collect(value: Any, path: tuple[str, ...], found: dict[str, dict[str, float]]) -> None:
    if isinstance(value, dict):
        beside = _uncertainty(value)
        for name, inside in value.items():
            place = (*path, str(name))
            if beside and name in VALUES and _is_number(inside):
                found[".".join(place)] = {"value": float(inside)} | beside
            elif not (beside and name in ("low", "high", *ERRORS)):
                _collect(inside, place, found)
    elif isinstance(value, list) and len(value) <= LONGEST:
        _collect(dict(enumerate(value)), path, found)
    elif _is_number(value):
        found[".".join(path)] = {"value": float(value)}


def _uncertainty(value: dict[str, Any]) -> dict[str, float]:
    """Return what a dictionary says about how sure its value is."""
    if not any(_is_number(value.get(name)) for name in VALUES):
        return {}
    if _is_number(value.get("low")) and _is_number(value.get("high")):
        return {"low": float(value["low"]), "high": float(value["high"])}
    error = next((value[name] for name in ERRORS if _is_number(value.get(name))), None)
    return {} if error is None else {"standard_error": float(error)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def numbers_json(figures: dict[str, dict[str, Any]]) -> str:
    """Return the numbers of figures, each figure given by its ``mode``, ``key`` and ``numbers``."""
    return as_json(
        {
            name: {k: f[k] for k in ("mode", "key")} | {"numbers": quoted(f["numbers"])}
            for name, f in figures.items()
        }
    )


def numbers_tex(figures: dict[str, dict[str, Any]]) -> str:
    """Return a LaTeX macro a number, its interval or error and its origin beside it.

    A macro's name is made of the figure's and of the path to the number. It is the value alone; the
    same name with ``Interval`` (or ``Error``) at its end is how sure it is.
    """
    lines = ["% Made by python -m paper_figures. Each name: the figure, then where in its numbers."]
    taken: dict[str, str] = {}
    for name, figure in figures.items():
        lines.append(f"% {name}, {figure['mode']} mode, key {figure['key']}")
        for path, number in quoted(figure["numbers"]).items():
            macro = macro_name(f"{name}.{path}")
            while macro in taken:  # two paths that differ in what LaTeX's names cannot hold
                macro += "Other"
            taken[macro] = path
            said = re.sub(r"[^ -~]|%", "?", path)
            lines.append(f"\\newcommand{{\\{macro}}}{{{written(number['value'])}}} % {said}")
            if "low" in number:
                both = f"[{written(number['low'])}, {written(number['high'])}]"
                lines.append(f"\\newcommand{{\\{macro}Interval}}{{{both}}}")
            if "standard_error" in number:
                error = written(number["standard_error"])
                lines.append(f"\\newcommand{{\\{macro}Error}}{{{error}}}")
    return "\n".join(lines) + "\n"


def macro_name(path: str) -> str:
    """Return a name of letters alone: words in capitals, digits spelled, the minus sign said."""
    path = re.sub(r"(?<![\w])-(?=[\d.])", " minus ", path)
    path = re.sub(r"(?<=\d)\.(?=\d)", " point ", path)
    words = re.findall(r"[A-Za-z]+|\d", path)
    joined = "".join(DIGITS[int(w)] if w.isdigit() else w[0].upper() + w[1:] for w in words)
    return joined[0].lower() + joined[1:]


def written(value: float) -> str:
    """Return a number to four digits, as LaTeX sets it in text and in formulas."""
    text = f"{value:.4g}" if abs(value) < 1e4 or value != round(value) else f"{value:.0f}"
    mantissa, exponent, power = text.partition("e")
    if exponent:
        return rf"\ensuremath{{{mantissa}\cdot 10^{{{int(power)}}}}}"
    return rf"\ensuremath{{{text}}}" if value < 0 else text
