"""The README's code runs as it stands, in the order in which it stands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()


@pytest.mark.usefixtures("compiled_in_haste")
def test_the_code_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    assert len(blocks) >= 5
    names = {}
    for block in blocks:
        assert len(block.splitlines()) <= 12
        exec(compile(block, "README.md", "exec"), names)
    assert "x: wanted finite values only" in capsys.readouterr().out


def test_its_commands_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", TEXT, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
    for path in re.findall(r"\]\(([\w./]+)\)", TEXT):
        assert (ROOT / path).exists(), path
