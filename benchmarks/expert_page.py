"""The expert's page in Chromium: from an answer to the next question on screen, and how it starts.

python -m benchmarks.expert_page    Needs the extras [page] and [docs] and a Chromium.

Latency is what the browser measures, from the key to the frame after the one in which the next
question stands: the answer is on the disk in between. The start is that of the whole program, from
the command to the first question on screen, with a folder of 10,000 images. On a machine that is
busy with other work (its load is told) these are longer; what the program itself needs of a
processor until its first question is on screen is told beside.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.provenance import write
from labelling import ledger, tell
from labelling.expert_page.pictures import pictures_of
from labelling.expert_page.questions import PAIR, Question, in_order, listed, random_pairs
from labelling.expert_page.serving import page

IMAGES = 10_000
DIFFERENT = 50  # files; the others are further names of theirs
SIZE = 512
ANSWERS = 100
STARTS = 5
PACE = 150  # ms that an expert looks: faster than any does
CLASSES = ["brick", "grass", "gravel"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Measure and write results/expert_page_cpu.json."""
    if find_spec("playwright") is None or not any(map(shutil.which, BROWSERS)):
        print("expert_page: no Playwright or no Chromium here, nothing measured")
        return
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept) / "images"
        make_images(folder)
        with chromium() as browser:
            figures = {
                "settings": {"images": IMAGES, "size": SIZE, "answers": ANSWERS},
                "labels, new ledger": latency(browser, folder, pairs=False, told=0),
                "pairs, new ledger": latency(browser, folder, pairs=True, told=0),
                "labels, 10,000 answers before": latency(browser, folder, pairs=False, told=10_000),
                "start": start(browser, folder, Path(kept)),
                "load": os.getloadavg()[0],
            }
    libraries = ("numpy", "starlette", "uvicorn", "playwright")
    print(write("expert_page", figures, libraries=libraries))


def make_images(folder: Path) -> None:
    """Write images of noise with some structure, of 512 x 512 pixels of 8 bits."""
    from PIL import Image

    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(DIFFERENT):
        rough = rng.integers(0, 256, (SIZE // 8, SIZE // 8), dtype=np.uint8)
        image = np.kron(rough, np.ones((8, 8), dtype=np.uint8)) // 2
        image += rng.integers(0, 128, image.shape, dtype=np.uint8)
        Image.fromarray(image).save(folder / f"{i:05d}.png")
    for i in range(DIFFERENT, IMAGES):
        os.link(folder / f"{i % DIFFERENT:05d}.png", folder / f"{i:05d}.png")


@contextmanager
def chromium() -> Iterator[Any]:
    """Open the Chromium of this machine."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


def latency(browser: Any, folder: Path, *, pairs: bool, told: int) -> dict[str, float]:
    """Return ms from the key to the next question on screen."""
    with tempfile.TemporaryDirectory() as kept:
        book = ledger(Path(kept) / "book.db")
        if told:
            before = [i % IMAGES for i in range(told)]
            book = tell(book, kind="label", items=before, values=["brick"] * told, who="B", time=0)
        asked = [Question(PAIR, pair) for pair in random_pairs(IMAGES, number=2000, seed=0)]
        source = listed(asked) if pairs else in_order(IMAGES)
        with answering(browser, page_of(folder, book, source, pairs)) as shown:
            return spread(press(shown, "yn" if pairs else "123"))


def page_of(folder: Path, book: Any, source: Any, pairs: bool) -> Any:  # noqa: FBT001
    """Return a page over the folder."""
    classes = [] if pairs else CLASSES
    total = 2000 if pairs else IMAGES
    return page(pictures_of(folder), book=book, source=source, classes=classes, total=total)


@contextmanager
def answering(browser: Any, ready: Any) -> Iterator[Any]:
    """Serve a page on a thread and open it."""
    thread = threading.Thread(target=ready.run)
    thread.start()
    shown = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        shown.goto(ready.address)
        shown.locator("#who").fill("Ada")
        shown.keyboard.press("Enter")
        shown.wait_for_selector("body[data-done='0']")
        yield shown
    finally:
        shown.context.close()
        ready.stop()
        thread.join()


def press(shown: Any, keys: str) -> np.ndarray:
    """Answer at an expert's pace, and return what the browser measured, in ms."""
    for i in range(ANSWERS):
        shown.wait_for_timeout(PACE)
        shown.keyboard.press(keys[i % len(keys)])
        shown.wait_for_selector(f"body[data-done='{i + 1}']")
    shown.wait_for_timeout(200)
    measured = "() => performance.getEntriesByType('measure').map(entry => entry.duration)"
    return np.array(shown.evaluate(measured))


def spread(values: np.ndarray) -> dict[str, float]:
    """Return median, ninth decile, 99th percentile and worst."""
    ranks = {"median": 0.5, "p90": 0.9, "p99": 0.99, "worst": 1.0}
    found = {name: round(float(np.quantile(values, q)), 1) for name, q in ranks.items()}
    return found | {"measured": len(values)}


def start(browser: Any, folder: Path, kept: Path) -> dict[str, Any]:
    """Return seconds from the command to its address, and to the first question on screen."""
    tries = [_started(browser, folder, kept, i) for i in range(STARTS)]
    listening, shown, computed = zip(*tries, strict=True)
    return {
        "processor time of the program, s": spread_of(np.median, computed),
        "to the address, s": spread_of(min, listening),
        "to the first question, s": spread_of(min, shown),
        "median to the first question, s": spread_of(np.median, shown),
        "all to the first question, s": [round(s, 2) for s in shown],
    }


def spread_of(how: Callable[[Any], Any], values: Any) -> float:
    """Return one number of several, to 10 ms."""
    return round(float(how(values)), 2)


def _started(browser: Any, folder: Path, kept: Path, number: int) -> tuple[float, float, float]:
    book = kept / f"start_{number}.db"
    words = ["label", str(folder), "--classes", *CLASSES, "--ledger", str(book), "--who", "Ada"]
    shown = browser.new_page()
    began = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, "-m", "grainwise", *words, "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
    )
    address = server.stdout.readline().strip()
    listening = time.monotonic() - began
    shown.goto(address)
    shown.wait_for_selector(".frame img")
    first = time.monotonic() - began
    used = psutil.Process(server.pid).cpu_times()
    shown.context.close()
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=30)
    return listening, first, used.user + used.system


if __name__ == "__main__":
    main()
