"""What is no folder of satellite series is refused, and what is one can be classified."""

import pytest

from tests.toolbox.data.series.written_series import pastis, stored
from toolbox import InputError, load_series


def test_what_is_no_folder_of_series_is_refused(tmp_path):
    with pytest.raises(InputError, match="path: wanted GeoTIFF files with dates in their names"):
        load_series(tmp_path)
    with pytest.raises(InputError, match=r"path: wanted features .*metadata\.geojson"):
        load_series(tmp_path, layout="pastis")
    with pytest.raises(InputError, match="path: wanted an index"):
        load_series(tmp_path, layout="breizhcrops")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="path: wanted a folder of satellite series"):
        load_series(tmp_path / "file")


@pytest.mark.usefixtures("compiled_in_haste")
def test_a_loaded_series_is_classified_with_what_it_knows(tmp_path):
    from confidence import classify_series

    array = stored(4, height=4, width=6)
    array[:, :, 0] += 3000  # class 7
    pastis(tmp_path, {3: ([20190101, 20190301, 20190501, 20190701], array)})
    trained = classify_series(
        load_series(tmp_path), members=2, network="linear", steps=50, seed=0, progress=False
    )
    assert trained.classes.tolist() == [0, 7]
    assert trained.bands[0] == "B2"
    assert trained.votes(load_series(tmp_path)).shape == (2, 24, 2)
