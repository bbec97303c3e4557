"""The commit that a figure is said to be of."""

import subprocess

from paper_figures.runner.provenance import Commits


def test_the_commit_is_the_last_that_changed_a_file(tmp_path):
    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        said = subprocess.run(
            ["git", "-C", tmp_path, *who, *words], capture_output=True, text=True, check=True
        )
        return said.stdout.strip()

    assert Commits(tmp_path).of(["a"]) == "unknown"
    git("init", "-q")
    hashes = []
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
        git("add", name)
        git("commit", "-q", "-m", name)
        hashes.append(git("rev-parse", "HEAD"))
    found = Commits(tmp_path)
    assert (found.of(["a"]), found.of(["a", "b"]), found.head) == (*hashes[:2], hashes[2])
    (tmp_path / "a").write_text("changed")
    found = Commits(tmp_path)
    assert found.of(["a", "b"]) == f"{hashes[1]} and changes since"
    assert found.of(["b"]) == hashes[1]
