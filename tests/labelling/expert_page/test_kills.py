"""The server and the browser are killed at random moments: no confirmed answer is lost or doubled.

Confirmed is what the browser was answered with status 200. A killed browser keeps its profile, as a
user's does; a killed server is started again by the same command.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from labelling import ledger
from labelling.answers_ledger.telling import effective
from tests.browsing import chromium
from tests.labelling.expert_page.pages import served

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[3]
KEYS = ("1", "2", "Space", "1", "2", "u", "r")
LONGEST = 0.5  # s of pressing keys before a kill


class Killable:
    """A server and a browser that are killed and started again, and what was confirmed."""

    def __init__(self, kind, options, folder, port):
        self.kind, self.options, self.folder, self.port = kind, options, folder, port
        self.confirmed = []
        self.server = self.context = self.page = None

    def start_server(self):
        command = [sys.executable, "-m", "grainwise", "label", str(self.folder / "items.npy")]
        told = ["--dim", "2", "--classes", "a", "b", "--ledger", str(self.folder / "book.db")]
        alone = ["--port", str(self.port), "--who", "Ada", "--no-browser"]
        self.server = subprocess.Popen(
            [*command, *told, *alone],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        self.address = self.server.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:")

    def start_browser(self):
        profile = self.folder / "profile"
        self.context = self.kind.launch_persistent_context(profile, **self.options)
        self.page = self.context.pages[0]
        self.page.on("response", self._heard)

    def _heard(self, reply):
        if reply.request.method == "POST" and reply.status == 200:
            sent = reply.request.post_data_json
            if "key" in sent:
                self.confirmed.append(sent["key"])

    def visit(self):
        self.page.goto(self.address)
        self.page.wait_for_selector("body[data-shown]", timeout=20_000)

    def press_until(self, end, rng):
        """Press keys until something is gone, what is known by its error."""
        from playwright.sync_api import Error

        with suppress(Error):
            while time.monotonic() < end:
                self.page.keyboard.press(str(rng.choice(KEYS)))
                self.page.wait_for_timeout(10)

    def pid_of_browser(self):
        """Return the process that Chromium's lock of its profile names."""
        lock = (self.folder / "profile" / "SingletonLock").readlink()  # "MACHINE-PROCESS"
        return int(lock.name.rpartition("-")[2])

    def kill(self, rng):
        of_server = rng.random() < 0.5
        delay = rng.random() * LONGEST
        pid = self.server.pid if of_server else self.pid_of_browser()
        killer = threading.Timer(delay, os.kill, (pid, signal.SIGKILL))
        killer.start()
        self.press_until(time.monotonic() + delay + 0.05, rng)
        killer.join()
        if of_server:
            self.server.wait()
            self.server.stdout.close()
            self.start_server()
        else:
            with suppress(Exception):
                self.context.close()
            (self.folder / "profile" / "SingletonLock").unlink(missing_ok=True)
            self.start_browser()
        self.visit()

    def stop(self):
        with suppress(Exception):
            self.context.close()
        self.server.send_signal(signal.SIGINT)
        self.server.communicate(timeout=20)


def survives(folder, kills, seed):
    np.save(folder / "items.npy", np.random.default_rng(0).random((3000, 8, 8)))
    with served() as free:
        port = free.listening.getsockname()[1]
    rng = np.random.default_rng(seed)
    with chromium() as (kind, options):
        tried = Killable(kind, options, folder, port)
        tried.start_server()
        try:
            tried.start_browser()
            tried.visit()
            for _ in range(kills):
                tried.kill(rng)
                assert set(tried.confirmed) <= set(ledger(folder / "book.db").key.tolist())
        finally:
            tried.stop()
    book = ledger(folder / "book.db")
    assert len(tried.confirmed) >= kills
    assert set(tried.confirmed) <= set(book.key.tolist())
    counted = Counter(book.items[effective(book) & (book.kind != "undo")].tolist())
    assert max(counted.values()) == 1  # what was sent again counts once
    return tried


def test_no_confirmed_answer_is_lost(tmp_path):
    survives(tmp_path, 10, seed=0)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_no_confirmed_answer_is_lost_in_two_hundred_kills(seed, tmp_path):
    survives(tmp_path, 50, seed)
