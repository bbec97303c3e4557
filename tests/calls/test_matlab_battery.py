"""Every public function gives the same result for arguments in the forms that MATLAB sends.

MATLAB's numbers are doubles, so whole numbers arrive as floats; a row vector arrives as
`array.array`, a matrix as a memoryview in Fortran order, a cell as a list, a logical as a bool.
"""

import array as buffers
from functools import lru_cache

import numpy as np
import pytest

from tests.calls.calls import calls
from tests.calls.results import assert_same

CALLS = {n: call for n, call in calls().items() if n != "toolbox.torch_function"}  # Python only


def fortran_memoryview(value):
    return memoryview(np.asfortranarray(value))


def array_array(value):
    value = np.asarray(value)
    if value.ndim != 1 or value.dtype.kind not in "iuf":
        return fortran_memoryview(value) if value.dtype.kind in "iuf" else value
    return buffers.array("d", value.astype(np.float64))


def nested_list(value):
    return np.asarray(value).tolist()


FORMS = {"memoryview": fortran_memoryview, "array.array": array_array, "list": nested_list}


def as_matlab(kind, value, form):
    if kind == "array":
        return FORMS[form](value)
    if kind == "labels":
        return FORMS[form](np.asarray(value, dtype=np.float64))
    if kind in ("count", "whole", "seed"):
        return float(value)
    return value


@lru_cache(maxsize=1)
def plain_result(name):
    """Return what the call in the table gives, once for all forms."""
    function, arguments = CALLS[name]
    return function(**{key: value for key, (_, value) in arguments.items()})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name, (_, given) in CALLS.items() if given])
def test_results_do_not_depend_on_the_form_of_the_arguments(name, form):
    function, arguments = CALLS[name]
    sent = {key: as_matlab(kind, value, form) for key, (kind, value) in arguments.items()}
    assert_same(plain_result(name), function(**sent))
