"""Tables become samples; a cell that is no number is named by row, column and line."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Samples, read
from foldline.errors import InputError
from foldline.files import table

from .test_network_files import damages

DATA = Path(__file__).parent.parent.parent / "data" / "table"


def samples(path: Path, text: str | bytes, **options: Any) -> Samples:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    value = read(path, **options)
    assert isinstance(value, Samples)
    return value


def test_the_last_column_is_the_target(tmp_path: Path) -> None:
    found = samples(tmp_path / "a.csv", "a,b,y\n1,2,3\n4,5,6.5\n")
    assert found.inputs.tolist() == [[1, 2], [4, 5]] and found.targets.tolist() == [[3], [6.5]]
    assert found.names == ("a", "b") and found.kind == "regression"


def test_a_named_target_of_text_gives_classes(tmp_path: Path) -> None:
    found = samples(tmp_path / "a.csv", "kind,a,note\ncat,1,x\ndog,2,y\ncat,3,z\n", target="kind")
    assert found.kind == "classification" and found.classes == ("cat", "dog")
    assert found.targets.ravel().tolist() == [0, 1, 0]
    assert found.meta["ignored"] == ["note"]


def test_numbers_are_classes_on_request_in_their_order(tmp_path: Path) -> None:
    found = samples(tmp_path / "a.csv", "1,10\n2,9\n3,10\n", classification=True)
    assert found.classes == ("9", "10") and found.targets.ravel().tolist() == [1, 0, 1]


def test_marks_separators_and_byte_order_marks_are_understood(tmp_path: Path) -> None:
    found = samples(tmp_path / "a.csv", b"\xef\xbb\xbfa;b\r\n1,5;2\r\n\r\n2,5;-1e3\r\n", sep=";", decimal=",")
    assert found.names == ("a",) and found.inputs.ravel().tolist() == [1.5, 2.5]
    assert samples(tmp_path / "a.tsv", "1\t2\n3\t4\n").targets.ravel().tolist() == [2, 4]
    assert samples(tmp_path / "a.csv.gz", gzip.compress(b"1,2\n3,4\n")).targets.ravel().tolist() == [2, 4]


def test_max_rows_reads_the_first_rows(tmp_path: Path) -> None:
    assert len(samples(tmp_path / "a.csv", "a,b\n1,2\n3,4\n5,x\n", max_rows=2)) == 2


def test_a_constant_column_is_kept_and_listed(tmp_path: Path) -> None:
    found = samples(tmp_path / "a.csv", "a,b,y\n1,7,3\n4,7,6\n")
    assert found.d_in == 2 and found.meta["constant"] == ["b"]


def test_rows_with_empty_cells_are_dropped_on_request_and_listed(tmp_path: Path) -> None:
    found = samples(tmp_path / "a.csv", "a,y\n1,2\nNA,3\n4,\n5,6\n", missing="drop")
    assert found.inputs.ravel().tolist() == [1, 5] and found.meta["dropped_rows"] == [1, 2]


@pytest.mark.parametrize(
    ("name", "options", "n", "d_in", "classes"),
    [
        ("iris.csv", {}, 150, 4, ("setosa", "versicolor", "virginica")),
        ("wine_data.csv", {}, 178, 13, ("class_0", "class_1", "class_2")),
        ("breast_cancer.csv", {}, 569, 30, ("malignant", "benign")),
        ("digits.csv.gz", {"classification": True}, 1797, 64, tuple("0123456789")),
        ("penguins.csv", {"target": "species", "missing": "drop"}, 342, 5, ("Adelie", "Chinstrap", "Gentoo")),
    ],
)
def test_shipped_tables_are_read(name: str, options: dict[str, Any], n: int, d_in: int, classes: Any) -> None:
    found = read(DATA / name, **options)
    assert isinstance(found, Samples)
    assert (len(found), found.d_in, found.classes) == (n, d_in, classes)


BAD_TABLES: list[tuple[int, str | bytes, dict[str, Any], str]] = [
    (1, "a,b,y\n1,2,3\n1,2,3\n1,2,3\n1,nan,3\n", {}, r"X row 3, column 'b' is NaN \(line 5\); drop or impute"),
    (1, "a,b,y\n1,2,3\n,2,3\n", {}, "X row 1, column 'a' is NaN"),
    (2, "a,y\n1,2\n1e999,2\n", {}, "X row 1, column 'a' is inf"),
    (2, "a,y\n1,2\n-inf,2\n", {}, "X row 1, column 'a' is -inf"),
    (3, "a,y\n1e151,2\n", {}, "1e\\+151: would overflow. Scale"),
    (4, "a,y\n1,2\n1,nan\n", {}, "y row 1, column 'y' is NaN"),
    (5, "a,y\n1,cat\n2,cat\n", {}, ">= 2 classes, got {cat}"),
    (5, "a,y\n1,0\n2,0\n", {"classification": True}, ">= 2 classes, got {0}"),
    (6, "", {}, "0 rows"),
    (6, "a,b\n", {}, "0 rows"),
    (6, "a,y\n,1\n", {"missing": "drop"}, "0 rows"),
    (7, "a,b\n1,2\n1,2,3\n", {}, "line 3: a table needs rows of one length; expected 2 cells, got 3"),
    (7, 'a,b\n1,"2\n', {}, "CSV text; got .*Check the quotes"),
    (8, "a;b\n1;2\n", {}, "found 1 column .*; delimiter ';'\\? use --sep ';'"),
    (8, "a\n1\n", {}, "found 1 column .*; add a column"),
    (9, "a;b\n1,5;2\n", {"sep": ";"}, "column a: 1,5 not a number; --decimal ,"),
    (10, "a,b,a\n1,2,3\n", {}, "each column name once; got a twice"),
    (11, "a,b\n1,2\n".encode("utf-16"), {}, r"not UTF-8 \(BOM FF FE\)"),
    (11, b"\xfe\xff\0a", {}, r"not UTF-8 \(BOM FE FF\)"),
    (11, b"a,b\n1,\xe9\n", {}, "byte E9 at offset 6: not UTF-8"),
    (12, b"a,b\n1,\0\n", {}, "a NUL byte at offset 6"),
    (14, "a,b\n1,2\n2,3\nx,4\n", {}, r"X row 2, column 'a': 'x' \(line 4\)"),
    (14, "a,y\n1,2\n2,cat\n", {"classification": False}, "y row 1, column 'y': 'cat'"),
    (14, "a,y\n1_0,2\n2,3\n3,4\n", {}, "X row 0, column 'a': '1_0'"),
    (15, "length,b\n1,2\n", {"target": "lenght"}, "got 'lenght', not in length, b. Did you mean 'length'"),
    (15, "a,b\n1,2\n", {"target": 7}, "got 7, not in a, b. Choose"),
    (15, "n,y\nx,1\ny,2\n", {}, "numeric columns beside the target 'y'; got none"),
    (15, "a,b\n1,2\n", {"sep": ";;"}, "one character as --sep"),
    (15, "a,b\n1,2\n", {"max_rows": 0}, "max_rows of 1 or more"),
    (15, "a,b\n1,2\n", {"missing": "guess"}, "missing='refuse' or 'drop'"),
]


@pytest.mark.parametrize(("row", "text", "options", "message"), BAD_TABLES)
def test_a_bad_table_is_refused_with_the_cell(
    tmp_path: Path, row: int, text: str | bytes, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        samples(tmp_path / "a.csv", text, **options)
    assert caught.value.exit_code == 2


def test_inputs_and_targets_have_one_length() -> None:
    with pytest.raises(InputError, match="one target a row; got 3 inputs and 2 targets"):
        Samples(np.ones((3, 1)), np.ones(2))


def test_a_huge_table_is_read_only_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_BYTES", 20)
    text = "a,b\n" + "1,2\n" * 10
    with pytest.raises(InputError, match=r"at most 20 bytes; it has more. Give --max-rows"):
        samples(tmp_path / "a.csv", text)
    assert len(samples(tmp_path / "a.csv", text, max_rows=3)) == 3


def test_a_damaged_gzip_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a whole gzip file"):
        samples(tmp_path / "a.csv.gz", gzip.compress(b"1,2\n3,4\n")[:-9])


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_damaged_tables_raise_only_our_errors(tmp_path: Path, name: str, reader: Callable[[Path], object]) -> None:
    data = b"".join((DATA / "iris.csv").read_bytes().splitlines(keepends=True)[1:40])
    for bad in damages(gzip.compress(data) if name.endswith("gz") else data, 150, seed=3):
        (tmp_path / name).write_bytes(bad)
        assert isinstance(reader(tmp_path / name), Samples | None)
