"""A real Chromium for the tests: one that is on this machine, else they are skipped."""

import importlib.util
import os
import shutil
from contextlib import contextmanager

import pytest

REQUIRED = os.environ.get("GRAINWISE_REQUIRE_DOCS", "") == "1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def missing(what):
    if REQUIRED:
        pytest.fail(f"{what} is required here (GRAINWISE_REQUIRE_DOCS=1) and missing")
    pytest.skip(f"{what} is not installed")


@contextmanager
def chromium():
    """Start Playwright and say how Chromium is launched: with which path and arguments."""
    if importlib.util.find_spec("playwright") is None:
        missing("playwright (the extra [docs])")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing("Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium, {"executable_path": path, "args": ["--no-sandbox"]}
