"""The verbs as a user meets them: files in, files out, and what is wrong said in one line."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

import similarity
import synthesis
import toolbox
from grainwise.__main__ import main
from toolbox.core.streams import generator
from toolbox.data.files.matlab import read_mat, write_mat


@pytest.fixture(scope="module")
def fields():
    return generator(1, "verbs").standard_normal((6, 40, 40))


@pytest.fixture
def source(tmp_path, fields):
    np.save(tmp_path / "fields.npy", fields)
    return tmp_path / "fields.npy"


def rows(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_analyse_writes_what_multifractal_returns(source, fields, tmp_path):
    out = tmp_path / "c.csv"
    assert main(["analyse", str(source), "--dim", "2", "--out", str(out)]) == 0
    wanted = toolbox.multifractal(fields, dim=2).cumulants
    got = np.array([[float(row[f"c{m}"]) for m in (1, 2, 3)] for row in rows(out)])
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    assert [row["item"] for row in rows(out)] == [f"fields[{i}]" for i in range(6)]


def test_analyse_prints_json_with_intervals(source, capsys):
    assert main(["analyse", str(source), "--dim", "2", "--resamples", "20"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["c1_low"]) == 6
    assert all(a <= b for a, b in zip(found["c1_low"], found["c1_high"], strict=True))


def test_analyse_describes_a_folder_of_classes(tmp_path, fields):
    for i, field in enumerate(fields):
        folder = tmp_path / "in" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        grey = np.uint8(np.clip(128 + 40 * field, 0, 255))
        Image.fromarray(grey[: 36 + 2 * i]).save(folder / f"{i}.png")
    out = tmp_path / "d.mat"
    words = ["analyse", str(tmp_path / "in"), "--statistics", "description", "--out", str(out)]
    assert main(words) == 2  # sizes differ
    assert main([*words, "--crop", "36"]) == 0
    found = read_mat(out)["answer"]  # names such as energy[j=1,H] are no fields of a struct
    table = dict(zip(found["keys"].ravel(), found["values"].ravel(), strict=True))
    assert table["class"].ravel().tolist() == ["a"] * 3 + ["b"] * 3
    assert table["energy[j=1,H]"].shape == (1, 6)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".mat"])
def test_synthesise_writes_children_and_parents(source, fields, tmp_path, suffix):
    out = tmp_path / f"made{suffix}"
    words = ["synthesise", str(source), "--dim", "2", "--n", "3", "--seed", "4", "--out", str(out)]
    assert main([*words, "--method", "phase-randomised"]) == 0
    wanted = synthesis.phase_randomised(fields, dim=2, n=3, seed=4)
    np.testing.assert_array_equal(toolbox.load(out, dim=2).values, wanted.samples)
    if suffix == ".mat":
        np.testing.assert_array_equal(read_mat(out)["parents"].ravel(), wanted.parents)


def test_quality_counts_the_pages_of_a_file_as_one_unit(tmp_path, capsys):
    files = [tmp_path / name for name in ("a.tif", "b.tif")]
    for seed, file in enumerate(files):
        field = toolbox.fractional_field((64, 64), hurst=0.5, seed=seed).values[0]
        grey = (255 * (field - field.min()) / np.ptp(field)).astype(np.uint8)
        tiles = [Image.fromarray(tile) for tile in toolbox.crops(grey, size=16).values.astype("u1")]
        tiles[0].save(file, save_all=True, append_images=tiles[1:])
    for pair in (files, files[:1] * 2):
        assert main(["quality", *map(str, pair), "--seed", "0", "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        said = synthesis.quality(*map(toolbox.load, pair), dim=2, seed=0)
        assert np.isnan(said.p_value)
        assert answer["p_value"] is None
        assert answer["note"] == said.note


@pytest.mark.parametrize("ending", ["npz", "mat"])
def test_children_keep_their_parents_units_from_file_to_file(ending, fields, tmp_path, capsys):
    np.save(tmp_path / "exemplars.npy", fields[:2])
    np.save(tmp_path / "real.npy", fields[2:])
    children = str(tmp_path / f"children.{ending}")
    made = [str(tmp_path / "exemplars.npy"), "--n", "6", "--method", "iaaft", "--out", children]
    assert main(["synthesise", *made, "--dim", "2", "--seed", "0"]) == 0
    capsys.readouterr()
    found = toolbox.load(children, dim=2)
    wanted = synthesis.iaaft(fields[:2], dim=2, n=6, seed=0)
    exemplars = toolbox.load(tmp_path / "exemplars.npy", dim=2)
    np.testing.assert_array_equal(found.units, exemplars.units[wanted.parents])
    asked = [children, str(tmp_path / "real.npy"), "--dim", "2", "--seed", "0", "--json"]
    assert main(["quality", *asked]) == 0
    answer = json.loads(capsys.readouterr().out)
    said = synthesis.quality(wanted, toolbox.load(tmp_path / "real.npy", dim=2), dim=2, seed=0)
    assert answer["units"] == list(said.units) == [2, 4]
    assert answer["p_value"] == pytest.approx(said.p_value)


def test_quality_says_what_quality_returns(source, fields, tmp_path):
    np.save(tmp_path / "other.npy", fields[::-1].cumsum(axis=2))
    out = tmp_path / "q.json"
    files = [str(source), str(tmp_path / "other.npy")]
    assert main(["quality", *files, "--dim", "2", "--seed", "1", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    wanted = synthesis.quality(fields, fields[::-1].cumsum(axis=2), dim=2, seed=1)
    assert found["index"] == pytest.approx(wanted.index)
    assert found["p_value"] == wanted.p_value < 0.05
    assert "units are not given" in found["note"]


def test_compare_gives_a_row_a_pair(source, fields, tmp_path):
    out = tmp_path / "pairs.csv"
    words = ["compare", str(source), "--dim", "2", "--seed", "1", "--out", str(out)]
    assert main([*words, "--families", "spectrum"]) == 0
    wanted = similarity.evidence(fields, dim=2, family="spectrum", seed=1).scores
    assert {(row["log_odds"], row["level"]) for row in rows(out)} == {("nan", "none")}
    got = [float(row["score"]) for row in rows(out)]
    np.testing.assert_allclose(got, wanted[np.triu_indices(6, 1)], rtol=1e-6)


def test_trust_assesses_votes(tmp_path, capsys):
    p = generator(1, "votes").dirichlet([1, 1, 1], (5, 40))
    np.savez(tmp_path / "votes.npz", votes=p, labels=p.mean(axis=0).argmax(axis=1))
    assert main(["trust", str(tmp_path / "votes.npz"), "--resamples", "50"]) == 0
    found = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(found["probability"], p.mean(axis=0).max(axis=1))
    assert "reliability" in found
    assert main(["trust", str(tmp_path / "votes.npz"), "--out", str(tmp_path / "t.csv")]) == 0
    assert len(rows(tmp_path / "t.csv")) == 40


def test_call_reaches_every_public_function(tmp_path, fields):
    write_mat(tmp_path / "in.mat", {"x": fields, "dim": 2})
    words = ["call", "toolbox.describe", str(tmp_path / "in.mat"), str(tmp_path / "out.mat")]
    assert main(words) == 0
    result = read_mat(tmp_path / "out.mat")["result"]
    np.testing.assert_array_equal(result["values"], toolbox.describe(fields, dim=2).values)


def wrong(tmp_path):
    write_mat(tmp_path / "in.mat", {"x": np.zeros((4, 4)), "lewels": 2})
    (tmp_path / "torn.npy").write_bytes(b"\x93NUMPY")
    gap = np.ones((2, 40, 40))
    gap[0, 0, 0] = np.nan
    np.save(tmp_path / "gap.npy", gap)
    np.savez(tmp_path / "other.npz", x=np.zeros(3), y=np.zeros(3))
    savemat(tmp_path / "torn.mat", {"votes": np.ones((9, 9, 9))}, do_compression=True)
    content = bytearray((tmp_path / "torn.mat").read_bytes())
    content[150] ^= 255  # inside what is compressed
    (tmp_path / "torn.mat").write_bytes(content)
    at = str(tmp_path)
    return [
        (["analyse", f"{at}/nothing.npy", "--dim", "2"], "path: "),
        (["analyse", f"{at}/torn.npy", "--dim", "2"], "path: "),
        (["analyse", f"{at}/gap.npy", "--dim", "2"], "path: wanted values without gaps"),
        (["analyse", f"{at}/fields.npy"], "dim: "),
        (["analyse", f"{at}/fields.npy", "--dim", "2", "--out", f"{at}/x.doc"], "out: "),
        (["analyse", f"{at}/fields.npy", "--dim", "2", "--out", "/nowhere/x.csv"], "out: "),
        (["trust", f"{at}/other.npz"], "path: wanted a file with votes"),
        (["trust", f"{at}/gone.npz"], "path: "),
        (["trust", f"{at}/torn.mat"], "path: wanted a whole, readable file"),
        (["call", "toolbox.describe", f"{at}/torn.mat", f"{at}/o.mat"], "source: wanted a whole"),
        (["call", "toolbox.nothing", f"{at}/in.mat", f"{at}/o.mat"], "function: "),
        (["call", "toolbox.describe", f"{at}/gone.mat", f"{at}/o.mat"], "source: "),
        (["call", "toolbox.describe", f"{at}/in.mat", f"{at}/o.mat"], "arguments: "),
        (["call", "toolbox.describe", f"{at}/in.mat", "/nowhere/o.mat"], "target: "),
        (["figures", "no_such_figure"], ""),
    ]


@pytest.mark.parametrize("case", range(13))
def test_what_is_wrong_is_one_line_and_2(tmp_path, source, capsys, case):
    words, text = wrong(tmp_path)[case]
    before = sorted(tmp_path.iterdir())
    try:
        status = main(words)
    except SystemExit as end:
        status = end.code
    assert status == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    if text:
        assert printed.err.startswith(f"grainwise: {text}")
        assert len(printed.err.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_note_goes_wherever_the_answer_goes(tmp_path, fields, capsys):
    walk = fields.reshape(6, -1).cumsum(axis=1)
    np.save(tmp_path / "walks.npy", walk)
    note = toolbox.multifractal(walk, dim=1, resamples=20, seed=0).note
    assert "without calibration" in note
    words = ["analyse", str(tmp_path / "walks.npy"), "--dim", "1", "--resamples", "20"]
    for suffix in (".csv", ".json", ".mat"):
        assert main([*words, "--out", str(tmp_path / f"a{suffix}")]) == 0
        said = capsys.readouterr().err
        assert f"grainwise: note: {note}" in said
        assert f"grainwise: written to {tmp_path / 'a'}{suffix}" in said
    assert {row["note"] for row in rows(tmp_path / "a.csv")} == {note}
    assert json.loads((tmp_path / "a.json").read_text())["note"] == note
    assert note in str(read_mat(tmp_path / "a.mat")["answer"])


def test_a_terminal_shows_a_table_and_json_when_asked(source, fields, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    words = ["analyse", str(source), "--dim", "2"]
    assert main(words) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["item", "class", "c1", "c2", "c3"]
    wanted = toolbox.multifractal(fields, dim=2).cumulants
    got = np.array([[float(number) for number in line.split()[1:]] for line in lines])
    np.testing.assert_allclose(got, wanted, rtol=1e-3)
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["item"][0] == "fields[0]"


def test_analyse_takes_scales_p_and_calibrates(tmp_path, capsys):
    walks = toolbox.fractional_field(1024, hurst=0.3, n=2, seed=0).values
    np.save(tmp_path / "w.npy", walks)
    words = ["analyse", str(tmp_path / "w.npy"), "--dim", "1", "--scales", "2", "6", "--p", "2"]
    assert main(words) == 0
    raw = toolbox.multifractal(walks, dim=1, scales=(2, 6), p=2)
    np.testing.assert_allclose(json.loads(capsys.readouterr().out)["c1"], raw.cumulants[:, 0])
    assert main([*words[:4], "--calibrate", "--seed", "1"]) == 0
    better = toolbox.calibrate(toolbox.multifractal(walks, dim=1), seed=1)
    got = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(got["c1"], better.cumulants[:, 0])
