"""A folder of TIFFs takes the paper challenge's protocol; a wrong folder is refused by name."""

import re

import numpy as np
import pytest
import tifffile

from paper_figures.texture_similarity import paper_challenge
from paper_figures.texture_similarity.paper_challenge import folder_of_papers
from tests.paper_figures.tiny_results import no_cache
from toolbox import InputError


def papers(folder, groups, *, shape=(40, 36)):
    """Write 16-bit TIFFs; the group of each is told by its mean direction of stripes."""
    rng = np.random.default_rng(0)
    for g, (name, n) in enumerate(groups.items()):
        (folder / name).mkdir(parents=True)
        for k in range(n):
            angle = np.pi * (g if not name.startswith("single") else 10 * rng.random()) / 4
            y, x = np.indices(shape)
            stripes = np.sin(1.3 * (x * np.cos(angle) + y * np.sin(angle)) + k)
            image = stripes + rng.standard_normal(shape)
            scaled = np.clip(3e4 + 5e3 * image, 0, 65535).astype(np.uint16)
            tifffile.imwrite(folder / name / f"{k}.tif", scaled)
    return str(folder)


def test_groups_levels_and_singles_are_read_from_the_names_of_sub_folders(tmp_path):
    folder = papers(tmp_path, {"maker 1": 2, "Sheet1": 3, "sheet2": 2, "singles": 2})
    found = folder_of_papers(folder, 32)
    assert found["values"].shape == (9, 32, 32)
    assert found["levels"].tolist() == ["sheet"] * 5 + ["maker"] * 2 + ["single"] * 2
    labels = found["labels"]
    assert len(set(labels[:3])) == len(set(labels[3:5])) == len(set(labels[5:7])) == 1
    assert len(set(labels)) == 5  # three groups, and each single for itself
    corner = tifffile.imread(tmp_path / "Sheet1" / "0.tif")[4:36, 2:34] / 65535
    np.testing.assert_allclose(found["values"][0], corner, rtol=1e-6)


@pytest.mark.parametrize(
    ("groups", "size", "wanted"),
    [
        ({"sheet": 3, "glossy": 3}, 32, "names begin with sheet, package, maker, single, got"),
        ({"single a": 3, "single b": 3}, 32, "at least two papers in one group"),
        ({"sheet": 1, "single": 2}, 32, "at least 4 papers"),
        ({"sheet": 2, "single": 2}, 64, "at least 64 pixels an axis"),
    ],
)
def test_a_folder_of_another_kind_is_refused(tmp_path, groups, size, wanted):
    with pytest.raises(InputError, match=re.escape(wanted)):
        folder_of_papers(papers(tmp_path, groups), size)


@pytest.mark.parametrize("singles", [pytest.param(0, marks=pytest.mark.long), 3])
def test_the_figure_of_a_real_folder_claims_nothing_and_names_no_oracle(tmp_path, singles):
    groups = {"sheet1": 4, "sheet2": 3, "package": 3} | ({"single": singles} if singles else {})
    settings = paper_challenge.SETTINGS["tiny"] | {"images": papers(tmp_path, groups)}
    results = paper_challenge.compute(settings, no_cache)
    found = paper_challenge.numbers(results)
    assert found["source"] == "real"
    assert "oracle" not in found["methods"]
    assert found["levels"] == ["sheet", "package"]
    assert ("singles" in found["methods"]["pooled"]) == bool(singles)
    assert paper_challenge.claims(found) == {}
    assert np.mean(found["methods"]["spectrum"]["sheet"]) > 0.7
    figure = paper_challenge.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=60)
    assert "same sheet, same package" in figure.get_suptitle()
    assert "same maker" not in paper_challenge.table(found)
