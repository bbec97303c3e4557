"""What the tests of reports share."""

import pytest


@pytest.fixture
def no_pdf(monkeypatch):
    """Pages of A4 take most of a run, and are made and tested once."""
    monkeypatch.setattr("grainwise.reports.pages.writing.as_pdf", lambda _: b"%PDF")
