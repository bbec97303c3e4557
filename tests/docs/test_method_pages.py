"""The page of methods holds what the docstrings say: every equation, and every reference once."""

import importlib
import importlib.util
import inspect

import pytest

from docs.method_pages import Method, index, method, methods, page
from docs.reference_pages import public_functions
from tests.browsing import missing
from toolbox.core.packages import PUBLIC

MARKS = (":math:`", ".. math::")


@pytest.fixture(autouse=True)
def numpydoc():
    if importlib.util.find_spec("numpydoc") is None:
        missing("numpydoc (the extra [docs])")


@pytest.mark.parametrize("package", PUBLIC)
def test_methods_hold_every_equation_and_reference(package):
    by_topic = methods(package)
    text = page(package, by_topic)
    read = {m.name: m for those in by_topic.values() for m in those}
    for name in (n for n in public_functions() if n.startswith(f"{package}.")):
        doc = inspect.getdoc(getattr(importlib.import_module(package), name.partition(".")[2]))
        doc = doc.partition("\nExamples\n")[0]
        wanted = [doc.count(mark) for mark in MARKS]
        said = read[name].said if name in read else ""
        assert [said.count(mark) for mark in MARKS] == wanted, name
        if "\nReferences\n" in doc:
            assert read[name].references, name
    for m in read.values():
        assert f":py:obj:`{m.name}`" in text
        assert all(f"- {reference}" in text for reference in m.references)


def test_what_a_function_says_stands_in_its_entry():
    found = method("similarity.cluster")
    assert "A_{ij} = \\frac{1}{1 + e^{-l_{ij}}}" in found.said
    assert [text.partition(",")[0] for text in found.references] == ["A\\. Ng", "U\\. von Luxburg"]
    assert found.does.startswith("Group items")


def test_a_reference_stands_once_in_the_list():
    one = Method("toolbox.a", "A.", "", ["K. One, 1990."])
    two = Method("toolbox.b", "B.", "", ["K. One, 1990.", "L. Two."])
    text = index([one, two])
    assert text.count("K. One, 1990.") == 1
    assert "- K. One, 1990.\n  :py:obj:`toolbox.a`, :py:obj:`toolbox.b`" in text
