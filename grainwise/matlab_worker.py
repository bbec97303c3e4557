"""The process behind ``octave/grainwise.m``: reads requests, a line each, and answers in files.

A request is a line of JSON, ``{"number": 1, "function": "toolbox.describe", "folder": "..."}``; the
arguments are in ``request.mat`` of that folder, the result goes to ``answer.mat``. The answer is a
line of JSON as well, with the same number and the identifier and the text of an error, if any.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from grainwise.matlab_values import Records, from_matlab, to_matlab
from grainwise.public_functions import bound, find_function
from toolbox.data.files.matlab import read_mat, write_mat

_RECORDS = Records()


def answer(name: str, folder: str | os.PathLike) -> None:
    """Call one function with the arguments in a folder and leave its result there.

    MATLAB calls this directly, through ``py.``, with two strings: no value is converted on the way.
    """
    given = read_mat(Path(folder) / "request.mat").get("given")
    values = from_matlab(given, _RECORDS)
    values = [] if values is None else values
    if name == "echo":  # what the round trip is measured and tested with
        result: Any = values[0]
    else:
        function = find_function(name)
        positional, named = bound(function, values)
        result = function(*positional, **named)
    write_mat(Path(folder) / "answer.mat", {"result": to_matlab(result, _RECORDS)})


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
    """Answer until the other side closes."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not be taken for an answer
    for line in sys.stdin:
        replies.write(json.dumps(answer_line(line)) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
