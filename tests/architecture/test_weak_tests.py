"""No test is weak by the rule of `weak_tests`, and the rule finds what it is meant to find."""

import textwrap

import pytest

from tests.architecture.weak_tests import ROOT, weak_tests

WEAK = {
    "no assertion": ["print(f(x))", "subprocess.run(command, check=True)"],
    "form only": [
        "assert f(x).shape == (3, 4)",
        "assert f(x).values.shape[1:] == x.shape[1:]",
        "assert (f(x).dtype, f(x).ndim) == (np.float32, 2)",
        "assert [v.shape for v in f(x)] == [(2,), (1,)]",
        "assert np.isfinite(f(x)).all()",
        "assert not np.isnan(f(x)).any()",
        "assert f(x) is not None",
        "assert isinstance(f(x), Answer) and f(x).shape",
        "assert len(f(x).plot().axes) == 4",
        "assert f(x).plot().axes[0].lines",
        "assert f(x).plot().axes[0].images[0].get_array().shape == (2, 3)",
    ],
    "a picture whose data nobody reads": [
        "assert f(x).value == 1\nf(x).plot()",
        "assert f(x).plot().axes[0].get_title() == 'answer'",
    ],
    "a picture that nobody reads": [
        "assert numbers == 1\nscript.draw(results).savefig(path)",
    ],
}
STRONG = [
    "assert f(x) == 1",
    "assert f(x) is None",
    "assert np.isnan(f(x)).all()",
    "assert f(x).shape == (3,)\nassert f(x)[0] == 1",
    "assert len(set(f(x))) == 3",
    "np.testing.assert_allclose(f(x), 1)",
    "with pytest.raises(InputError):\n    f(x)",
    "near(f(x), 1)",
    "assert f(x).plot().axes[0].lines[0].get_ydata().tolist() == [1, 2]",
    "figure = script.draw(results)\nassert figure.get_suptitle() == 'verdict'",
    "axes.plot([1, 2], [3, 4])\nassert f(x) == 1",
]


def found(body, tmp_path):
    helper = "def near(a, b):\n    assert abs(a - b) < 1e-9\n\n\n"
    body = textwrap.indent(body, "    ")
    (tmp_path / "test_some.py").write_text(f"{helper}def test_it():\n{body}\n")
    return weak_tests(tmp_path)


def test_no_test_is_weak():
    assert weak_tests(ROOT / "tests") == {}


@pytest.mark.parametrize(
    ("why", "body"), [(why, b) for why, bodies in WEAK.items() for b in bodies]
)
def test_a_weak_test_is_found(why, body, tmp_path):
    assert found(body, tmp_path) == {"test_some.py::test_it": why}


@pytest.mark.parametrize("body", STRONG)
def test_a_test_of_values_is_not(body, tmp_path):
    assert found(body, tmp_path) == {}
