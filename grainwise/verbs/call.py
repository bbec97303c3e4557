"""``grainwise call``: any public function, arguments and result in ``.mat`` files."""

from pathlib import Path
from typing import Annotated

import tyro

from grainwise.answers_out import check_out
from toolbox.core.atomic_files import refusing
from toolbox.core.checks import refuse


def call(
    function: Annotated[str, tyro.conf.Positional],
    source: Annotated[Path, tyro.conf.Positional],
    target: Annotated[Path, tyro.conf.Positional],
) -> int:
    """Call a public function with the variables of one .mat file; write its result to another.

    Parameters
    ----------
    function
        Such as toolbox.describe.
    source
        A .mat file whose variables are the function's arguments, by their names.
    target
        The .mat file to write; its variable is called result.
    """
    from grainwise.matlab_records import Records
    from grainwise.matlab_values import from_matlab, to_matlab
    from grainwise.public_functions import check_complete, check_names, find_function
    from toolbox.data.files.matlab import read_mat, write_mat
    from toolbox.data.memory_limits import Room
    from toolbox.data.readable_files import read_or_refuse

    found = find_function(function)
    if not source.is_file():
        refuse("source", "an existing .mat file", repr(str(source)))
    check_out(target, suffixes=(".mat",), argument="target")
    variables = read_or_refuse(read_mat, source, Room(), argument="source")
    check_names(found, list(variables))
    check_complete(found, list(variables))
    records = Records()
    result = found(**{name: from_matlab(value, records) for name, value in variables.items()})
    with refusing(target, "target"):
        write_mat(target, {"result": to_matlab(result, records)})
    return 0
