"""What the Python of a page prints, written under it: ``python -m docs.page_outputs [PAGE ...]``.

The output is kept in the page, so that a build runs nothing; the tests run each page and compare.
"""

import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
# A block of Python, and what stands under it of an earlier run.
SNIPPET = re.compile(
    r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<printed>.*?)```\n)?", re.DOTALL
)


def main(names: list[str]) -> None:
    """Run the pages named, by default all, and write what they print into them."""
    for page in map(Path, names) if names else pages():
        page.write_text(with_outputs(page.read_text()))


def pages() -> list[Path]:
    """Return the pages that hold Python."""
    made = {"_build", "measured"}
    found = [p for p in DOCS.rglob("*.md") if not made & set(p.relative_to(DOCS).parts)]
    return sorted(p for p in found if SNIPPET.search(p.read_text()))


def outputs(text: str) -> list[tuple[str, str]]:
    """Run a page from top to bottom; return of each block what it prints, and what is kept."""
    names: dict[str, Any] = {}
    found = []
    for snippet in SNIPPET.finditer(text):
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(snippet["code"], "a page's code", "exec"), names)
        found.append((printed.getvalue(), snippet["printed"] or ""))
    return found


def namespace(text: str) -> dict[str, Any]:
    """Run a page from top to bottom; return the names that its code leaves."""
    names: dict[str, Any] = {}
    with redirect_stdout(io.StringIO()):
        for snippet in SNIPPET.finditer(text):
            exec(compile(snippet["code"], "a page's code", "exec"), names)
    return names


def with_outputs(text: str) -> str:
    """Return a page with what each block prints under it; nothing under one that is silent."""
    printed = iter([now for now, _ in outputs(text)])

    def written(snippet: re.Match) -> str:
        now = next(printed)
        shown = f"\n```text\n{now}```\n" if now else ""
        return f"```python\n{snippet['code']}```\n{shown}"

    return SNIPPET.sub(written, text)


if __name__ == "__main__":
    main(sys.argv[1:])
