"""The process behind ``octave/grainwise.m``: reads requests, a line each, and answers in files.

Its first line is ``{"folder": "..."}``, where each call has a folder of its own. A request is a
line of JSON, ``{"number": 1, "function": "toolbox.describe", "folder": "..."}``; the arguments are
in ``request.mat`` of that folder, the result goes to ``answer.mat``. The answer is a line of JSON
as well, with the same number and the identifier and the text of an error, if any.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from grainwise.matlab_exchange import for_the_owner_only, leave_with, session_folder
from grainwise.matlab_records import Records
from grainwise.matlab_values import from_matlab, to_matlab
from grainwise.public_functions import bound, find_function
from toolbox.core.checks import refuse
from toolbox.data.files.matlab import read_mat, write_mat

_RECORDS = Records()


def answer(name: str, folder: str | os.PathLike) -> None:
    """Call one function with the arguments in a folder and leave its result there.

    MATLAB calls this directly, through ``py.``, with two strings: no value is converted on the way.
    """
    values = _arguments(Path(folder) / "request.mat")
    if name == "echo":  # what the round trip is measured and tested with
        result: Any = values[0]
    else:
        function = find_function(name)
        positional, named = bound(function, values)
        result = function(*positional, **named)
    with for_the_owner_only():
        write_mat(Path(folder) / "answer.mat", {"result": to_matlab(result, _RECORDS)})


def _arguments(file: Path) -> list[Any]:
    """Return the arguments of a call, and remove their file."""
    try:
        given = read_mat(file)
    except (OSError, ValueError) as error:
        refuse("arguments", "values that a MATLAB file can hold", f"others ({error})")
    if "given" not in given:  # Octave leaves out what its file cannot hold, with a warning
        refuse("arguments", "less than 2^31 numbers in an array", "more")
    file.unlink(missing_ok=True)
    return from_matlab(given["given"], _RECORDS) or []


def answer_line(line: str) -> dict[str, Any]:
    """Answer one request; an error of the function is an answer too."""
    request = json.loads(line)
    reply = {"number": request["number"], "error": "", "message": ""}
    try:
        answer(request["function"], request["folder"])
    except Exception as error:  # whatever it is, the caller must hear of it
        reply |= {"error": f"grainwise:{type(error).__name__}", "message": str(error)}
    return reply


def main() -> None:
    """Answer until the other side closes, or is gone."""
    parent, replies = os.getppid(), os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not be taken for an answer
    folder = session_folder()
    done = leave_with(parent, Path(folder))
    try:
        _say(replies, {"folder": folder})
        for line in sys.stdin:
            _say(replies, answer_line(line))
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(1)  # nobody listens any more
    finally:
        done.set()


def _say(handle: int, message: dict[str, Any]) -> None:
    os.write(handle, (json.dumps(message) + "\n").encode())


if __name__ == "__main__":
    main()
