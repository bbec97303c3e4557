"""WFDB records against the wfdb package, which writes and reads them independently."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolbox import InputError, load
from toolbox.data.files.wfdb import _decoded, read_record

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    wfdb = pytest.importorskip("wfdb")

# What wfdb does with pandas is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")
RATE = 4
COMMENTS = ["----- Outcome measures", "pH           7.14", "BDecf        8.14", "Apgar1: 6"]


def write(folder, *, kind="16", n=601, name="1001", comments=COMMENTS):
    """Write a record like those of fetal monitors: heart rate and contractions."""
    rng = np.random.default_rng(3)
    rate = 140 + rng.standard_normal(n).cumsum() / 4
    pressure = np.abs(rng.standard_normal(n)) * 10
    rate[50:60], pressure[70:75] = np.nan, np.nan
    wfdb.wrsamp(
        name,
        fs=RATE,
        units=["bpm", "nd"],
        sig_name=["FHR", "UC"],
        p_signal=np.stack([rate, pressure], axis=1),
        fmt=[kind, kind],
        comments=comments,
        write_dir=str(folder),
    )
    return folder / f"{name}.hea"


@pytest.mark.parametrize("kind", ["16", "212"])
@pytest.mark.parametrize("n", [600, 601])
def test_values_are_those_of_the_wfdb_package(tmp_path, kind, n):
    header = write(tmp_path, kind=kind, n=n)
    theirs = wfdb.rdrecord(str(header.with_suffix("")))
    ours = load(header)
    np.testing.assert_array_equal(ours.values[0], theirs.p_signal.T)
    assert np.isnan(ours.values[0, 0, 50:60]).all()
    assert ours.components == ("FHR (bpm)", "UC (nd)")
    assert ours.rate == theirs.fs == RATE
    assert ours.names == ("1001",)
    assert ours.missing == 15 / (2 * n)
    assert ours.comments == {"pH": "7.14", "BDecf": "8.14", "Apgar1": "6"}


def test_heart_rates_of_zero_are_gaps_and_contractions_of_zero_are_not(tmp_path):
    signal = np.stack([np.r_[140.0, 0, 0, 150, 160], np.r_[0.0, 5, 0, 10, 20]], axis=1)
    wfdb.wrsamp(
        "z",
        fs=RATE,
        units=["bpm", "nd"],
        sig_name=["FHR", "UC"],
        p_signal=signal,
        fmt=["16", "16"],
        adc_gain=[100.0, 100.0],
        baseline=[0, 0],
        write_dir=str(tmp_path),
    )
    values = load(tmp_path / "z.hea", dim=1).values[0]
    assert np.isnan(values[0]).tolist() == [False, True, True, False, False]
    np.testing.assert_array_equal(values[1], signal[:, 1])


@given(st.lists(st.integers(-2048, 2047), min_size=1, max_size=9))
@settings(deadline=None)
def test_twelve_bits_are_unpacked(samples):
    packed = bytearray()
    for a, b in zip(samples[::2], [*samples[1::2], None], strict=False):
        low = a & 0xFFF
        high = 0 if b is None else b & 0xFFF
        packed += bytes([low & 255, (low >> 8) | ((high >> 8) << 4)])
        packed += b"" if b is None else bytes([high & 255])
    assert _decoded(bytes(packed), "212").tolist() == samples


def test_defaults_of_a_bare_header(tmp_path):
    (tmp_path / "x.dat").write_bytes(np.array([200, -400], dtype="<i2").tobytes())
    (tmp_path / "x.hea").write_text("x 1\nx.dat 16\n")
    record = read_record(tmp_path / "x.hea")
    np.testing.assert_array_equal(record.values, [[1, -2]])  # 200 units a millivolt
    assert (record.rate, record.units, record.names) == (250, ["mV"], ["signal 0"])


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "without the line"),
        ("x 2 4 2\nx.dat 16\n", "announces 2 signals"),
        ("x 1 4 2\nx.dat 80\n", "format 80"),
        ("x 1 4 2\nx.dat 16x2\n", "format 16x2"),
        ("x 1 4 3\nx.dat 16\n", "truncated"),
        ("x 1 4 2\n../x.dat 16\n", "beside its header"),
        ("x/2 1 4 2\n", "several segments"),
        ("x 1 4 2\ngone.dat 16\n", "gone.dat"),
        ("x one 4 2\nx.dat 16\n", "one"),
        ("x 0 4 2\n", "announces 0 signals"),
        ("x 1 0 2\nx.dat 16\n", "sampling rate is 0"),
        ("x 1 -4 2\nx.dat 16\n", "sampling rate is -4"),
        ("x 1 nan 2\nx.dat 16\n", "sampling rate is nan"),
        ("x 1 inf 2\nx.dat 16\n", "sampling rate is inf"),
        ("x 1 1e300 2\nx.dat 16\n", "sampling rate is 1e.300"),
        ("x 1 1e-300 2\nx.dat 16\n", "sampling rate is 1e-300"),
        ("x 1 4 -2\nx.dat 16\n", "number of samples is -2"),
        ("x 1 4 2\nx.dat 16 1e-300\n", "gain of 1e-300"),
        ("x 1 4 2\nx.dat 16 1e300\n", "gain of 1e.300"),
        ("x 1 4 2\nx.dat 16 nan\n", "gain of nan"),
        ("x 1 4 2\nx.dat 16 200(1e99)\n", "zero at 1e.99"),
        ("x 1 4 2\nx.dat 16 200(nan)\n", "zero at nan"),
        ("x 1 4 2\nx.dat 16+-4\n", "starts at -4"),
        ("x 1 4 2\nx.dat 16 200 16 0 1 4 0 a\n", "another checksum"),
        ("x 1 4 999999999999\nx.dat 16\n", "truncated"),
    ],
)
def test_what_is_wrong_with_a_record_is_named(tmp_path, header, reason):
    (tmp_path / "x.dat").write_bytes(np.array([1, 2], dtype="<i2").tobytes())
    (tmp_path / "x.hea").write_text(header)
    with pytest.raises(InputError, match=rf"path: .*x\.hea.*{reason}"):
        load(tmp_path / "x.hea")


def test_a_changed_sample_is_told_by_its_checksum(tmp_path):
    header = write(tmp_path)
    content = bytearray((tmp_path / "1001.dat").read_bytes())
    content[700] ^= 4
    (tmp_path / "1001.dat").write_bytes(content)
    with pytest.raises(InputError, match=r"^path: .*1001\.hea.*'(FHR|UC)' have another checksum"):
        load(header)


def test_records_are_signals(tmp_path):
    with pytest.raises(InputError, match="dim: wanted 1"):
        load(write(tmp_path), dim=2)
