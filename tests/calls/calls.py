"""One valid call of every public function, and what kind each of its arguments is.

Both batteries read this table: that of bad input spoils one argument at a time, that of MATLAB
sends the same values as MATLAB would. A public function without an entry fails the suite.
"""

from tests.calls.confidence_calls import confidence_calls
from tests.calls.labelling_calls import labelling_calls
from tests.calls.similarity_calls import similarity_calls
from tests.calls.synthesis_calls import synthesis_calls
from tests.calls.toolbox_calls import toolbox_calls


def calls():
    """Return (public function, its arguments) by name."""
    table = toolbox_calls() | synthesis_calls() | similarity_calls() | confidence_calls()
    table |= labelling_calls()
    return {f"{f.__module__.split('.')[0]}.{f.__name__}": (f, a) for f, a in table.items()}
