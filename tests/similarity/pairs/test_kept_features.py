"""Features of families that an earlier call kept; SIGKILL of a real process between two of them."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from similarity import every_evidence
from similarity.families import spectrum
from toolbox import InputError

HOME = Path(__file__).parents[3]
CODE = """
import sys, time
import numpy as np
from similarity import every_evidence
from similarity.families import spectrum
spectrum.magnitudes = lambda *_: time.sleep(60)  # where it is killed
x = np.random.default_rng(0).standard_normal((6, 128))
every_evidence(x, dim=1, families=("spectrum", "whitened"), store=sys.argv[1], seed=0)
"""


def evidence(store=None, seed=0):
    x = np.random.default_rng(0).standard_normal((6, 128))
    return every_evidence(x, dim=1, families=("spectrum", "whitened"), store=store, seed=seed)


def test_a_killed_call_goes_on_with_the_families_that_it_had(tmp_path, monkeypatch):
    process = subprocess.Popen([sys.executable, "-c", CODE, str(tmp_path)], cwd=HOME)
    until = time.monotonic() + 60
    while len(list(tmp_path.glob("spectrum-*.npz"))) < 4:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    torn = tmp_path / ".whitened-items.npz.x.tmp"
    torn.write_bytes(b"half")
    monkeypatch.setattr(spectrum, "log_spectra", lambda *_: pytest.fail("computed again"))
    found = evidence(tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 8
    monkeypatch.undo()
    for one, anew in zip(found, evidence(), strict=True):
        np.testing.assert_array_equal(one.scores, anew.scores)
        np.testing.assert_array_equal(one.p_values, anew.p_values)


def test_features_of_others_and_damaged_ones_are_not_taken(tmp_path):
    first = evidence(tmp_path)
    for file in tmp_path.glob("spectrum-*.npz"):
        file.write_bytes(file.read_bytes()[:-8])
    np.testing.assert_array_equal(evidence(tmp_path)[0].scores, first[0].scores)
    other, anew = evidence(tmp_path, seed=1), evidence(seed=1)
    np.testing.assert_array_equal(other[0].scores, anew[0].scores)
    assert len(list(tmp_path.glob("*.npz"))) == 16


def test_a_store_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "store").write_text("x")
    with pytest.raises(InputError, match=r"^store: "):
        evidence(tmp_path / "store")
