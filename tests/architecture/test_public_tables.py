"""Every public name resolves, is documented with a runnable example, and follows the manners."""

import importlib
import inspect
import pkgutil

import pytest

from toolbox.core import packages

PUBLIC = [(p, name) for p in packages.PUBLIC for name in sorted(importlib.import_module(p).__all__)]
FUNCTIONS = [
    (p, name) for p, name in PUBLIC if inspect.isfunction(getattr(importlib.import_module(p), name))
]


def public(package, name):
    return getattr(importlib.import_module(package), name)


@pytest.mark.parametrize(("package", "name"), PUBLIC)
def test_a_public_name_never_hides_behind_a_file_of_the_same_name(package, name):
    module = importlib.import_module(package)
    files = {info.name for info in pkgutil.iter_modules(module.__path__)}
    assert name not in files
    assert inspect.getdoc(public(package, name))


@pytest.mark.parametrize(("package", "name"), FUNCTIONS)
def test_docstrings_say_what_a_user_must_know(package, name):
    function = public(package, name)
    text = inspect.getdoc(function)
    signature = inspect.signature(function)
    sections = ["Examples"]
    sections += ["Parameters", "Raises"] * bool(signature.parameters)
    sections += ["Returns"] * (signature.return_annotation is not None)
    for section in sections:
        assert f"{section}\n---" in text, f"no {section} section"
    assert ">>> " in text
    for parameter in inspect.signature(function).parameters:
        assert parameter in text, f"{parameter} is not documented"


@pytest.mark.parametrize(("package", "name"), FUNCTIONS)
def test_signatures_follow_the_manners(package, name):
    parameters = inspect.signature(public(package, name)).parameters.values()
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert len(positional) <= 3
    assert not [p for p in parameters if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    for p in parameters:
        assert not (isinstance(p.default, bool) and p in positional)
        if p.name == "seed" and p.default is not inspect.Parameter.empty:
            assert p.default is None  # needed by some options only, and then asked for


@pytest.mark.parametrize(("package", "name"), [f for f in PUBLIC if f not in FUNCTIONS])
def test_records_describe_every_field(package, name):
    cls = public(package, name)
    text = inspect.getdoc(cls)
    for field in getattr(cls, "__dataclass_fields__", ()):
        assert field in text, f"{field} is not described"


@pytest.mark.parametrize(("package", "name"), [f for f in PUBLIC if f not in FUNCTIONS])
def test_a_record_can_be_taken_in_at_a_glance(package, name):
    assert len(getattr(public(package, name), "__dataclass_fields__", ())) < 20
