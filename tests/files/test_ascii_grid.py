"""Elevation maps as ASCII grids: corners and centres, gaps, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import foldline as fl

HEADER = {"ncols": "3", "nrows": "2", "xllcorner": "10", "yllcorner": "20", "cellsize": "2", "NODATA_value": "-1"}
HEIGHTS = "1 2 3\n4 -1 6\n"


def grid(path: Path, body: str = HEIGHTS, **header: str | None) -> fl.Samples:
    told = {key: word for key, word in (HEADER | header).items() if word is not None}
    (path / "hill.asc").write_text("".join(f"{key} {word}\n" for key, word in told.items()) + body)
    return fl.read_samples(path / "hill.asc")


def test_the_first_row_lies_at_the_largest_y(tmp_path: Path) -> None:
    found = grid(tmp_path)
    assert found.kind == "elevation" and found.meta["gaps"] == 1 and found.meta["pixel"] == [2.0, -2.0]
    assert found.inputs.tolist() == [[11, 23], [13, 23], [15, 23], [11, 21], [15, 21]]
    assert found.targets.ravel().tolist() == [1, 2, 3, 4, 6]


def test_centres_and_two_steps_are_read(tmp_path: Path) -> None:
    corners: dict[str, str | None] = {"xllcorner": None, "yllcorner": None, "cellsize": None}
    found = grid(tmp_path, **corners, xllcenter="10", yllcenter="20", dx="2", dy="0.5")
    assert found.inputs[0].tolist() == [10, 20.5] and found.inputs[-1].tolist() == [14, 20]


def test_lines_need_not_be_rows(tmp_path: Path) -> None:
    whole = grid(tmp_path)
    assert np.array_equal(grid(tmp_path, "1\n2 3 4\n-1 6").targets, whole.targets)


def test_no_data_is_minus_9999_where_nothing_is_said(tmp_path: Path) -> None:
    assert grid(tmp_path, "1 2 3\n4 -9999 6\n", NODATA_value=None).meta["gaps"] == 1


@pytest.mark.parametrize(
    ("body", "header", "told"),
    [
        ("1 2 3\n4 5\n", {}, "ncols x nrows = 6 heights; got 5"),
        ("1 2 3\n4 5 6 7\n", {}, "line 8: an ASCII grid needs ncols x nrows = 6 heights; got more"),
        ("1 2 3\n4 high 6\n", {}, "line 8: a height needs a number; got 'high'"),
        ("1 2 3\n4 1,5 6\n", {}, "line 8: a height needs a number; got '1,5'"),
        (HEIGHTS, {"cellsize": None}, "a header line dx or cellsize"),
        (HEIGHTS, {"cellsize": "0"}, "x that only rises or only falls"),
        (HEIGHTS, {"cellsize": "two"}, "line 5: cellsize needs a number; got 'two'"),
        (HEIGHTS, {"yllcorner": None}, "yllcorner or yllcenter"),
        (HEIGHTS, {"ncols": "-3"}, "needs a count; got '-3'"),
        (HEIGHTS, {"nrows": "99999999999"}, "at most 67,108,864 pixels"),
        ("1 2 3\n", {"nrows": "1"}, r"got \(1, 3\) .* A row of heights is a profile: save it as a signal"),
        ("", {}, "needs heights behind its header"),
    ],
)
def test_what_is_no_grid_is_refused(body: str, header: dict[str, str | None], told: str, tmp_path: Path) -> None:
    with pytest.raises(fl.FoldlineError, match=told):
        grid(tmp_path, body, **header)


def test_a_scan_of_that_name_is_a_cloud(tmp_path: Path) -> None:
    (tmp_path / "scan.asc").write_text("0.5 1 2\n3 4 5\n")
    assert len(fl.read(tmp_path / "scan.asc").points) == 2
    (tmp_path / "named.asc").write_text("# x y z idx dx\n0.5 1 2 7 7\n3 4 5 8 9\n")
    assert len(fl.read(tmp_path / "named.asc").points) == 2


def test_decimal_commas_are_named(tmp_path: Path) -> None:
    with pytest.raises(fl.FoldlineError, match="decimal commas: write points"):
        grid(tmp_path, "1,5 2 3\n4 -1 6\n")
