"""What a reader finds in a report, for its tests."""

import csv
import re


def words_of(path):
    """Return what a page says, without its pictures and tags."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", path.read_text(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)


def rows(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))
