"""Elevation maps: GeoTIFF and archives with axes; gaps, coordinates and units are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foldline import Samples, read
from foldline.errors import InputError
from foldline.files.elevation import elevation_of

tifffile = pytest.importorskip("tifffile")

HEIGHTS = (np.arange(20.0).reshape(4, 5) * 10).astype(np.float32)


def geotiff(path: Path, heights: np.ndarray = HEIGHTS, more: tuple = ()) -> Path:
    tags = [(33550, "d", 3, (2.0, 3.0, 0.0), True), (33922, "d", 6, (0.0, 0.0, 0.0, 100.0, 60.0, 0.0), True), *more]
    tifffile.imwrite(path, heights, extratags=tags, photometric="rgb" if heights.ndim == 3 else "minisblack")
    return path


def test_a_geotiff_keeps_its_coordinates(tmp_path: Path) -> None:
    found = read(geotiff(tmp_path / "a.tif"))
    assert isinstance(found, Samples) and found.kind == "elevation"
    assert found.inputs[0].tolist() == [101.0, 58.5] and found.inputs[-1].tolist() == [109.0, 49.5]
    assert np.array_equal(found.targets.reshape(4, 5), HEIGHTS)
    assert found.meta["rows"] == 4 and found.meta["pixel"] == [2.0, -3.0]


@pytest.mark.parametrize(
    ("keys", "units", "crs"),
    [
        ((1024, 0, 1, 1, 3072, 0, 1, 32616, 3076, 0, 1, 9001), ["m", "m"], "EPSG:32616"),
        ((1024, 0, 1, 2, 2048, 0, 1, 4326), ["degree", "degree"], "EPSG:4326"),
        ((1024, 0, 1, 1, 3072, 0, 1, 32767), None, None),
    ],
)
def test_units_and_coordinate_system_are_kept(keys: tuple[int, ...], units, crs, tmp_path: Path) -> None:
    directory = (1, 1, 0, len(keys) // 4, *keys)
    found = read(geotiff(tmp_path / "a.tif", HEIGHTS, ((34735, "H", len(directory), directory, True),)))
    assert found.meta.get("units") == units and found.meta.get("crs") == crs


def test_cells_without_data_are_left_out_and_counted(tmp_path: Path) -> None:
    heights = HEIGHTS.copy()
    heights[1, 1:3] = -9999
    found = read(geotiff(tmp_path / "a.tif", heights, ((42113, "s", 6, "-9999", True),)))
    assert len(found) == 18 and found.meta["gaps"] == 2
    at = found.lattice.centres.reshape(4, 5, 2)[1, 1:3]
    assert np.allclose(found.function(at)[:, 0], HEIGHTS[1, 1:3], atol=1e-5)  # a plane goes on over its gaps


def test_a_plane_is_a_plane_between_its_pixels(tmp_path: Path) -> None:
    found = read(geotiff(tmp_path / "a.tif"))
    assert np.allclose(found.function(found.inputs), found.targets)
    middle = found.function(np.array([[102.0, 57.0]]))[0, 0]
    assert np.isclose(middle, HEIGHTS[:2, :2].mean())


@pytest.mark.parametrize("north_first", [True, False])
def test_an_archive_with_sides_has_its_first_row_in_the_north(north_first: bool, tmp_path: Path) -> None:
    ends = {"ymin": 0.0, "ymax": 4.0} if north_first else {"ymin": 4.0, "ymax": 0.0}
    np.savez(tmp_path / "a.npz", elevation=HEIGHTS, xmin=0.0, xmax=5.0, **ends)
    found = read(tmp_path / "a.npz")
    assert found.kind == "elevation" and found.inputs[0].tolist() == [0.5, 3.5]


def test_an_archive_with_axes_keeps_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", topo=HEIGHTS, longitude=np.arange(5.0), latitude=np.arange(4.0))
    assert read(tmp_path / "a.npz").inputs[-1].tolist() == [4.0, 3.0]


def test_a_tiff_without_coordinates_of_whole_numbers_is_an_image(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", HEIGHTS.astype(np.uint8))
    assert read(tmp_path / "a.tif").kind == "image"
    tifffile.imwrite(tmp_path / "b.tif", HEIGHTS)
    assert read(tmp_path / "b.tif").kind == "elevation"


@pytest.mark.parametrize(
    ("x", "y", "heights", "message"),
    [
        ([0.0, 1.0], [0.0, 1.0], np.zeros((3, 2)), r"got \(3, 2\) with 2 x and 2 y"),
        ([0.0, 0.0], [0.0, 1.0], np.zeros((2, 2)), "needs x that only rises or only falls"),
        ([0.0, 1.0], [0.0, 1.0], np.full((2, 2), np.nan), "needs heights; got none"),
    ],
)
def test_what_is_no_map_is_refused(x, y, heights, message: str) -> None:
    with pytest.raises(InputError, match=message):
        elevation_of(heights, np.array(x), np.array(y), "map")


def test_several_bands_and_turned_axes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs one band; got 3"):
        read(geotiff(tmp_path / "a.tif", np.zeros((4, 5, 3), np.float32)))
    turned = (1.0, 0.5, 0, 0, 0.5, -1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0)
    tifffile.imwrite(tmp_path / "b.tif", HEIGHTS, extratags=[(34264, "d", 16, turned, True)])
    with pytest.raises(InputError, match="axes along its rows and columns; got a turned one"):
        read(tmp_path / "b.tif")


def findings(path: Path) -> str:
    return "; ".join(read(path).meta.get("findings", []))


def test_what_a_tiff_leaves_open_is_said(tmp_path: Path) -> None:
    assert findings(geotiff(tmp_path / "a.tif")) == ""
    tifffile.imwrite(tmp_path / "b.tif", HEIGHTS)
    assert "places its pixels nowhere: its numbers, signed or real, are taken for heights" in findings(
        tmp_path / "b.tif"
    )
    tifffile.imwrite(tmp_path / "c.tif", np.stack([HEIGHTS] * 3), photometric="minisblack")
    assert "the first of 3 pages in it" in findings(tmp_path / "c.tif")


def test_heights_are_scaled_as_gdal_does_and_gaps_are_not(tmp_path: Path) -> None:
    told = (
        '<GDALMetadata>\n<Item name="OFFSET" sample="0" role="offset">100</Item>\n'
        '<Item name="SCALE" sample="0" role="scale">0.1</Item>\n</GDALMetadata>'
    )
    more = ((42112, "s", len(told) + 1, told, True), (42113, "s", 2, "0", True))
    found = read(geotiff(tmp_path / "a.tif", HEIGHTS.astype(np.int16), more))
    assert found.targets.ravel().tolist() == pytest.approx([100 + v for v in range(1, 20)])
    assert found.meta["gaps"] == 1 and found.meta["findings"] == [
        "heights are 0.1 times the file's numbers plus 100, as it says"
    ]
    bad = told.replace("0.1", "ten")
    with pytest.raises(InputError, match=r"a scale and an offset in numbers; got .*ten"):
        read(geotiff(tmp_path / "b.tif", HEIGHTS, ((42112, "s", len(bad) + 1, bad, True),)))


def test_the_lowest_number_is_no_height_whether_the_file_says_so_or_not(tmp_path: Path) -> None:
    heights = HEIGHTS.copy()
    heights[1, 1:3] = np.finfo(np.float32).min
    for text, said in (("-3.40282346639e+38", ""), (None, "2 pixels of -3.40282347e+38 and the like taken for gaps")):
        more = () if text is None else ((42113, "s", len(text) + 1, text, True),)
        found = read(geotiff(tmp_path / "a.tif", heights, more))
        assert len(found) == 18 and found.meta["gaps"] == 2 and found.targets.min() == 0
        assert said in findings(tmp_path / "a.tif") and bool(said) == ("findings" in found.meta)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_bigtiff_is_a_tiff(dtype: type, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", HEIGHTS.astype(dtype), bigtiff=True)
    assert read(tmp_path / "a.tif").kind == ("image" if dtype == np.uint8 else "elevation")


def test_colours_in_real_numbers_are_several_bands(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.dstack([HEIGHTS] * 3), photometric="rgb")
    with pytest.raises(InputError, match="needs one band; got 3"):
        read(tmp_path / "a.tif")
