"""Tables become samples; an entry that is no number is named by row, column and line."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldline import Samples, read
from foldline.errors import InputError
from foldline.files.formats import ELSEWHERE, format_of

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
        ("penguins.csv", {"target": "species", "missing": "drop"}, 333, 10, ("Adelie", "Chinstrap", "Gentoo")),
    ],
)
def test_shipped_tables_are_read(name: str, options: dict[str, Any], n: int, d_in: int, classes: Any) -> None:
    found = read(DATA / name, **options)
    assert isinstance(found, Samples)
    assert (len(found), found.d_in, found.classes) == (n, d_in, classes)


def lines(row: Callable[[int], str], n: int = 12) -> str:
    return "".join(row(i) + "\n" for i in range(n))


BAD_TABLES: list[tuple[int, str | bytes, dict[str, Any], str]] = [
    (1, "a,b,y\n1,2,3\n1,2,3\n1,2,3\n1,nan,3\n", {}, r"X row 3, column 'b' is NaN \(line 5\); drop or impute"),
    (1, "a,b,y\n1,2,3\n,2,3\n", {}, r"X row 1, column 'a' is NaN .*--missing drop \(missing='drop'\)"),
    (1, "a,b,y\n1,2,3\n1,-nan,3\n1,4,4\n", {}, "X row 1, column 'b': '-nan'"),
    (1, "a,b,y\nu,2,3\n,2,3\nu,2,3\nv,2,3\nv,2,3\n", {}, "X row 1, column 'a' is NaN"),
    (2, "a,y\n1,2\n1e999,2\n", {}, r"X row 1, column 'a' is inf \(line 3\)"),
    (2, "a,y\n1,2\n-inf,2\n", {}, "X row 1, column 'a' is -inf"),
    (3, "a,y\n1e151,2\n", {}, "1e\\+151: would overflow. Scale"),
    (3, "a,y\n1,2\n2,-1e151\n", {}, r"y row 1, column 'y' is -1e\+151: would overflow.*line 3"),
    (4, "a,y\n1,2\n1,nan\n", {}, "y row 1, column 'y' is NaN"),
    (4, "a,y\n1,hi\n1,\n2,lo\n3,lo\n", {}, r"y row 1, column 'y' is NaN \(line 3\); .*--missing drop"),
    (4, "a,y\n1,\n2,NA\n", {"target": "y"}, "its target; got column 'y' without a value"),
    (5, "a,y\n1,cat\n2,cat\n", {}, ">= 2 classes, got {cat}"),
    (5, "a,y\n1,0\n2,0\n", {"classification": True}, ">= 2 classes, got {0}"),
    (5, "a,y\n1,hi\n2,hi\n,lo\n,lo\n", {"missing": "drop"}, ">= 2 classes, got {hi} in rows without empty"),
    (6, "", {}, "0 rows"),
    (6, "a,b\n", {}, "0 rows"),
    (6, "a,y\n,1\n", {"missing": "drop"}, "0 rows"),
    (6, "a,b,y\n,1,1\n1,,1\n", {"missing": "drop"}, "rows without empty entries; got 0 rows"),
    (7, "a,b\n1,2\n1,2,3\n", {}, "line 3: a table needs rows of one length; expected 2 entries, got 3"),
    (7, 'a,"b\nc"\n1,"2\n\n3"\n\n1,2,3\n', {}, "line 7: a table needs rows of one length"),
    (7, 'a,b\n1,"2\n', {}, "line 2: a table needs CSV text; got .*Check the quotes"),
    (7, "3,1,u,v\n1,0\n2,1\n", {}, "a table needs the 3 rows that its first line says; got 2. Correct it"),
    (7, '"mpg","cyl"\n"Mazda",21,6\n"Datsun",22,4\n', {}, "Line 1 has one name fewer, as R writes a table with names"),
    (8, "a;b\n1;2\n", {}, "found 1 column .*; delimiter ';'\\? use --sep ';'"),
    (8, "a;b\n1,5;2\n2,5;3\n", {}, "delimiter ';'\\? use --sep ';' --decimal ,"),
    (8, "a;b,c\n1;2,3;4\n", {}, r"line 2: .*expected 2 entries, got 2|'a;b'|1;2|delimiter ';'"),
    (8, "p,q\n1,5;2\n2,5;3\n2,5;5\n", {}, "column q: 5;2 not a number; delimiter ';'"),
    (8, "n;a\nu;1,75\nv;2\nw;3,5\n", {}, "delimiter ';'\\? use --sep ';' --decimal ,"),
    (8, "n;a;b\nu;1,75;2,5\nv;2,5;3\nw;3,5;1,25\n", {}, "found 1 column .*use --sep ';' --decimal ,"),
    (8, "n|a|b\nu|1,75|2,5\nv|2,5|3,25\n", {}, r"found 1 column .*use --sep '\|' --decimal ,"),
    (8, "n\ta\tb\nu\t1,75\t2,5\nv\t2,5\t3,25\n", {}, r"found 1 column .*use --sep '\\t' --decimal ,"),
    (8, '"n";"a, kg"\n1;1,75\n2;2,5\n', {}, "line 1: .*Check the quotes there: delimiter ';'.* --decimal ,"),
    (8, "1,5;2,5\n2,5;3,5\n4,5;1,5\n", {}, "--header if it holds names: delimiter ';'\\? use --sep ';' --decimal ,"),
    (8, "x,y;z,w\n1,5;2,75\n2,25;3,5\n4,5;1,25\n", {}, "5;2 not a number; delimiter .* --decimal , .line 2.\\.$"),
    (8, "Log, 3\na;b\n1,5;2,75\n2,25;3,5\n", {}, "line 2: .*: delimiter ';'\\? use --sep ';' --decimal ,"),
    (8, "Log, 3\na;b\n1;2\n2;3\n", {"sep": ";"}, "found 1 column"),
    (8, "Log of a day, 3\na,b,c\n1,2,3\n2,3,4\n", {}, "If line 1 is a title above the names, remove it"),
    (8, "a,b\n1,5,2,5\n2,5,3,5\n", {}, "If its commas are decimal ones too, write points, or quotes"),
    (8, "a\n1\n", {}, "found 1 column .*; add a column"),
    (8, "# made by X\n# on a day\na,b\n1,2\n", {}, "remove the lines of remarks, which begin with #"),
    (8, "a b\n1 2\n3 4\n", {}, "delimiter ' '\\? use --sep ' '"),
    (8, "a    b     y\n1    2     3\n10   20    30\n", {}, "found 1 column .*; delimiter ' '\\? use --sep ' '"),
    (8, "1 2\tu\n3 4\tv\n1 4\tv\n", {"sep": " "}, r"if it holds names\.$"),
    (7, "a b c\n1  2\n", {"sep": " "}, "line 2: .* expected 3 entries, got 2"),
    (7, 'a,b\n"' + "x" * 200_000 + '",1\n', {}, "line 2: .* got an entry of over 131,072 characters. Check the quotes"),
    (15, "a,Y\n1,2\n", {"target": "y"}, "got 'y', not in a, Y. Did you mean 'Y'"),
    (8, "sep=;\na;b\n1;2;3\n", {}, "line 3: .* expected 2 entries, got 3"),
    (9, "a;b\n1,5;2\n", {"sep": ";"}, "column a: 1,5 not a number; --decimal ,"),
    (9, "a;b\n1.234,5;2\n", {"sep": ";"}, "1.234,5 not a number; --thousands . --decimal , reads it as 1234.5"),
    (9, 'a,b\n"7,369",6.4\n"3,697",2.7\n', {}, "a: 7,369 not a number; --thousands , reads it as 7369 \\(line 2"),
    (9, 'a,b\n"7,369",6\n', {}, "--thousands , reads it as 7369 and --decimal , reads it as 7.369: say which"),
    (9, 'a,b\n"7,369",6.4\n', {"decimal": ","}, "b: 6.4 not a number; --thousands , --decimal . reads it as 6.4"),
    (9, 'a,b\n"1,5",6\n"1,75",6\n', {"thousands": ","}, "column a: 1,5 not a number; --decimal , reads it as 1.5"),
    (9, "a;b\n1,5;7.369\n", {"sep": ";", "decimal": ","}, "7.369 not a number; --thousands . reads it as 7369"),
    (9, "a,b\n1 234 567,6.4\n", {}, "--thousands ' ' reads it as 1234567"),
    (9, 'a,b\n999,1\n998,2\n"1,234",3\n', {}, r"column a: 1,234 not a number; --thousands , .*\(line 4\)"),
    (10, "a,b,a\n1,2,3\n", {}, "each column name once; got a twice"),
    (10, "a,a=u,y\nu,1,1\nv,2,2\nv,2,2\n", {}, "each column name once; got 'a=u' twice"),
    (11, "a,b\n1,2\n".encode("utf-16"), {}, r"not UTF-8 \(BOM FF FE\). Give --encoding utf-16"),
    (11, b"\xfe\xff\0a", {}, r"not UTF-8 \(BOM FE FF\)"),
    (11, "a,b\n1,2\n".encode("utf-32"), {}, r"\(BOM FF FE 00 00\). Give --encoding utf-32"),
    (11, ("a,b\n" + "1,2\n" * 9).encode("utf-16-le"), {}, "NUL byte at offset 1. .*give --encoding utf-16-le"),
    (11, b"a,b\n1,\xe9\n", {}, "byte E9 at offset 6: not UTF-8.*--encoding"),
    (11, b"a,b\n1,\x81\n", {"encoding": "cp1252"}, "byte 81 at offset 6: not cp1252"),
    (11, "a,b\n1,2", {"encoding": "klingon"}, "an --encoding that Python knows; got 'klingon'"),
    (11, "a,b\n1,2", {"encoding": "zlib"}, "an --encoding that Python knows"),
    (12, b"a,b\n1,\0\n", {}, "a NUL byte at offset 6"),
    (13, "a,b\n" + "1" * 2**22 + ",2\n", {}, "line 2: a table needs lines of less than 4,194,304 characters"),
    (13, "," * 2**16 + "\n", {}, "0 rows"),
    (13, "a," * 2**16 + "a\n", {}, "at most 65,536 columns; got 65,537"),
    (14, "a,b\n1,2\n2,3\nx,4\n", {}, r"X row 2, column 'a': 'x' \(line 4\)"),
    (14, 'a,b\n"1\n",2\n2,3\nx,4\n', {}, r"X row 2, column 'a': 'x' \(line 5\)"),
    (14, "a,y\n1,2\n2\u200b,3\n3,4\n", {}, "column 'a': .2.u200b. .*may be a number with a mark"),
    (14, "a,y\n1,2\n2,cat\n", {"classification": False}, "y row 1, column 'y': 'cat'"),
    (14, "a,y\n1_0,2\n2,3\n3,4\n", {}, "X row 0, column 'a': '1_0'"),
    (14, "a,y\n" + "x" * 1000 + ",2\n2,3\n3,4\n", {}, r"'x{57}\.\.\.' \(line 2\)"),
    (15, "length,b\n1,2\n", {"target": "lenght"}, "got 'lenght', not in length, b. Did you mean 'length'"),
    (15, "a,b\n1,2\n", {"target": 7}, "got 7, not in a, b. Choose"),
    (15, "n,y\nx,1\ny,2\nz,2\n", {}, "numeric columns beside the target 'y'; got none; 'n' is left out"),
    (15, "a,b\n1,2\n", {"ignore": "c"}, "its ignored column; got 'c', not in a, b"),
    (15, "a,b\n1,2\n", {"sep": ";;"}, "one character as --sep"),
    (15, "a,b\n1,2\n", {"decimal": "'"}, "--decimal . or ,"),
    (15, "a,b\n1,2\n", {"thousands": "."}, "one character as --thousands, other than its --decimal"),
    (15, "a,b\n1,2\n", {"strip": "5"}, "signs other than digits"),
    (15, "a,b\n1,2\n", {"max_rows": "3"}, "max_rows as a whole number; got '3'"),
    (15, "a,b\n1,2\n", {"classification": "yes"}, "classification as True or False; got 'yes'"),
    (15, "a,b\n1,2\n", {"sep": 5}, "sep as a text; got 5"),
    (15, "a,b\n1,2\n", {"encoding": 3}, "encoding as a text; got 3"),
    (15, "a,b\n1,2\n", {"target": 1.5}, "target as a text or a whole number; got 1.5"),
    (15, "a,b\n1,2\n", {"ignore": 0}, "numeric columns beside the target 'b'; got none; 'a' is left out: as --ignore"),
    (15, "a,b\n1,2\n", {"max_rows": 0}, "max_rows of 1 or more"),
    (15, "a,b\n1,2\n", {"max_bytes": 0}, "max_bytes of 1 or more"),
    (15, "a,b\n1,2\n", {"missing": "guess"}, "missing='refuse' or 'drop'"),
    (15, "a,b\n1,2\n", {"separator": ";"}, "options that it knows .target, .*; got separator for a.csv. Leave"),
    (15, "a,b\n1,2\n", {"decimals": ","}, "got decimals for a.csv. Did you mean decimal"),
    (81, "a,y\n" + lines(lambda i: f"{i},name{i}"), {}, "share a class; got column 'y' with 12 classes in 12 rows"),
    (81, "a,y\n" + lines(lambda i: f"{i % 3},{i}"), {"classification": True}, "rows that share a class.*--regression"),
    (81, "a,y\n" + lines(lambda i: f"1,n{i % 40}", 70), {}, "rows that share a class; got column 'y' with 40 classes"),
    (81, "a,y\n" + lines(lambda i: f"1,n{i % 1001}", 5000), {}, "at most 1,000 classes; got more in column 'y'"),
    (81, "a,y\n" + lines(lambda i: f"{i},$5.{i % 2}0"), {}, r"y: \$5.00 not a number; --strip '\$' reads it as 5 "),
    (81, "a,y\n" + lines(lambda i: f"{i},9{i % 2}.6%"), {}, "column y: 90.6% not a number; --strip % reads it as 90.6"),
    (81, "p,y\n" + lines(lambda i: f"9{i % 2}.6 %,{i}"), {}, "column p: 90.6 % not a number; --strip %.*--ignore 'p'"),
    (81, "p,y\n" + lines(lambda i: f'"€1,2{i:02d}.50",{i}'), {}, "--strip '€' --thousands , reads it as 1200.5"),
    (81, "p,y\n" + lines(lambda i: f"(5.{i}0),{i}"), {}, r"\(5.00\) not a number, in brackets; write it as -5.00"),
    (81, "p,y\n1$,2\n2€,3\n3,4\n", {"strip": "$€"}, "one unit; got column 'p' with '1\\$' and '2€'"),
    (81, "p,y\n2024-01-01,2\n5,3\n", {"dates": True}, "one unit; got column 'p' with '2024-01-01' and '5'"),
    *(
        (81, "d,y\n" + lines(lambda i, text=text: f"{text.format(i % 3 + 1)},{i}"), {}, message)
        for text, message in [
            ("2024-01-0{}", "2024-01-01 not a number but a date; --dates reads it as 19723 days since 1970-01-01"),
            ("2024-01-0{}T12:00:00Z", "--dates reads it as 19723.5 days since 1970-01-01 UTC"),
            ("{} May 2024", "1 May 2024 not a number but a date; --dates reads it as 2024-05-01, 19844 days"),
            ("2024-0{}", "2024-01 not a number but a date; --dates reads it as 2024-01-01"),
            ("{}/5/2024", "--day-first reads it as 2024-05-01, .* and --month-first .* 2024-01-05, .*: say which"),
            ("1{}.1.2024", "11.1.2024 .*; --day-first reads it as 2024-01-11, 19733 days since 1970-01-01 .line 2"),
            ("{}/5/24", "1/5/24 not a number but a date or a time: its year has two digits; write 2024-01-31"),
            ("2023-02-2{}T25:00", "a day has no such time"),
            ("2024-02-0{} 9:00 CET", "its zone has a name: write Z or"),
            ("1{}:70", "10:70|11:70 not a number but a date or a time: a day has no such time; .*; write a number"),
        ]
    ),
    (81, "a,y\n" + lines(lambda i: f"{i},1{i % 3}:30"), {}, "y: 10:30 not a number but a time; --dates .* 10.5 hours"),
    (81, "d,y\n2024-02-28,1\n2024-02-30,2\n", {}, "line 3 has 2024-02-30: the year 2024 has no day 30 in month 2"),
    (81, "d,y\n2024-02-28,1\n2024-02-30,2\n", {"dates": True}, "2024-02-30 .*: the year 2024 has no day 30"),
    (81, "d,y\n1/5/2024,1\n", {"dates": True}, "--day-first .* and --month-first"),
    (81, "d,y\n1/13/2024,1\n13/1/2024,2\n", {}, "line 3 has 13/1/2024: its day and month stand in another order"),
    (81, "p,y\n2024-01-01,2\n2024-01-01T00:00Z,3\n", {"dates": True}, "one unit; got column 'p'"),
    (82, "6.3,0.9,pear\n2.7,0.5,plum\n0.4,0.2,plum\n8.1,0.8,pear\n", {}, "looks like the rows below .*--no-header"),
    (82, "red,S,big\nblue,S,small\nred,L,big\n", {}, "looks like the rows below .red, S, big.*--header"),
    (82, "land,2015,2016\nA,1,2\nB,2,3\nA,3,4\n", {}, "looks like the rows below"),
    (82, "2015,2016\n1,2\n2,3\n", {}, "looks like the rows below"),
    (82, "0,1,2\n1.5,2.5,1\n2,3,4\n", {}, "looks like the rows below"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "text", "options", "message"), BAD_TABLES, ids=lambda value: str(value)[:30])
def test_a_bad_table_is_refused_with_the_cell(
    tmp_path: Path, row: int, text: str | bytes, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        samples(tmp_path / "a.csv", text, **options)
    assert caught.value.exit_code == 2


def test_categories_become_a_column_each_and_it_is_said(tmp_path: Path) -> None:
    found = samples(tmp_path / "a.csv", "colour,x,y\nred,1,5\nblue,2,6\nred,3,7\n")
    assert found.names == ("colour=blue", "colour=red", "x")
    assert found.inputs.tolist() == [[0, 1, 1], [1, 0, 2], [0, 1, 3]]
    assert found.meta["categories"] == {"colour": ["blue", "red"]}
    assert any("'colour' holds text: one column of 0 and 1" in said for said in found.meta["findings"])


def test_thirty_texts_are_categories_and_more_are_left_out(tmp_path: Path) -> None:
    for n, d_in, said in ((30, 31, "each of its 30 values"), (31, 1, "left out: it holds text, and more than 30")):
        found = samples(tmp_path / "a.csv", "kind,x,y\n" + lines(lambda i, n=n: f"k{i % n},{i},{i * i}", 70))  # type: ignore[misc]
        assert found.d_in == d_in and any(said in one for one in found.meta["findings"])


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("a,y\n1,0\n2,1\n3,1\n", {}, "numbers: regression; if its 2 values .0, 1. are classes, give --classif"),
        ("a,y\n1,0\n2,1\n3,1\n", {"classification": True}, "as --classification says.: classification, 2 classes"),
        ("a,y\n1,0\n2,1\n3,1\n", {"classification": False}, "holds numbers: regression$"),
        ("a,y\n1,0.5\n2,1\n3,1\n", {}, "holds numbers: regression$"),
        ("a,y\n1,u\n2,v\n3,v\n", {}, "'y' .text.: classification, 2 classes .u, v."),
        ("a,b,y\n1,7,3\n4,7,6\n", {}, r"1 input constant, kept: 'b' .7."),
        ("a,b,y\n1,u,3\n4,u,6\n", {}, "'b' is left out: every row says 'u'"),
        ("a,b,y\n1,,3\n4,,6\n", {}, "'b' is left out: 0 rows have a value"),
        ("a,y,\n1,3,\n4,6,\n", {}, "the target 'y' holds numbers"),
        ("a,b,y\n1,2,3\n4,5,6\n", {"ignore": ["b"]}, "'b' is left out: as --ignore says"),
        ("a,y\n1,3\n4,3\n", {}, "the target 'y' is always 3"),
        ("a,y\n1,2\nNA,3\n4,5\n", {"missing": "drop"}, "1 row with empty entries dropped, 2 left"),
        ("a,y\n1,2\n,\n4,5\n", {}, "1 row of empty entries alone skipped .line 3."),
        ("a,y\n1,2\n2,3\n4,5\n", {"max_rows": 2}, "only the first 2 rows read"),
        ("1,2\n4,5\n", {}, "no header: every entry of the first row is a number"),
        ("id,a,y\n1,5,2\n2,4,3\n3,6,5\n4,4,4\n", {}, "'id' only counts the rows: --ignore 'id'"),
        ("a,y\n2024-01-01,2\n2024-01-02,3\n", {"dates": True}, "2024-01-01 is read as 19723 days since 1970-01-01"),
        ("id,a,y\n71,5,2\n73,4,3\n72,6,5\n74,4,4\n", {}, "'id' names each row by a number of its own: --ignore 'id'"),
        ("d,y\n1,12345678901234567890\n5,3\n", {}, "the target 'y' has numbers above 2.53, such as 1234567890123456"),
        ("a,y\n1,Yes\n2,yes\n3,No\n4,Yes\n", {}, "'Yes' and 'yes' differ in small and capital letters alone"),
        ("a,y\nu,1\nU,2\nv,4\nu,3\n", {}, "'U' and 'u' differ in small and capital letters alone"),
        ("d,y\n20240105,2\n20240106,3\n", {}, "'d' may hold dates written as numbers .20240105."),
        ("t,y\n1,2\n2,3\n2,5\n", {}, "a table, and no signal: column 't' does not rise at row 2 .2.; sort its rows"),
        ("a,y\n1,'2'\n2,'3'\n1,'2'\n4,'3'\n", {}, "'2'. may be a number in single quotes: --strip \"'\" reads"),
        ("name,y\np,1\nq,2\np,3\nTotal,6\n", {}, "the last row says Total: if it sums up the others, --max-rows 3"),
        ("name,a,y\np,1,1\nq,2,2\nGrand total:,3,3\n", {}, "the last row says Grand total:"),
        ("Date,y\n45322,2\n45323,3\n", {}, "'Date' may hold dates in days, as a spread.* .45322 is 2024-01-31 00:00"),
        ("y,orderDate\n1,45322.5\n2,45323\n", {}, "'orderDate' may hold dates in days.* .45322.5 is 2024-01-31 12:00"),
        ("time,y\n1700000000,2\n1700000060,3\n", {}, "seconds since 1970 .1700000000 is 2023-11-14 22:13"),
        ("a,sent_time\n1,1700000000000\n2,1700000060000\n", {}, "in milliseconds since 1970 .17.* is 2023-11-14"),
        ("d,y\n12345678901234567890,2\n5,3\n", {}, "'d' has numbers above 2.53, such as 1234567890123456"),
        ("a,y\n1%,2\n2%,3\n", {"strip": "%"}, "'a': 1% is read as 1, and so on"),
        ("a,y\n1,u\n2,v\n,w\n3,v\n", {"missing": "drop"}, "no row is left of 1 class: w"),
    ],
)  # fmt: skip
def test_what_is_taken_for_granted_is_said(tmp_path: Path, text: str, options: dict[str, Any], said: str) -> None:
    found = samples(tmp_path / "a.csv", text, **options)
    assert any(re.search(said, finding) for finding in found.meta["findings"]), found.meta["findings"]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("dose,y\n45322,2\n45323,3\n", {}),  # another name
        ("update,y\n45322,2\n45323,3\n", {}),
        ("date,y\n1,2\n45323,3\n", {}),  # another size
        ("date,y\n2024-10-05,2\n2024-10-06,3\n", {"dates": True}),  # days since 1970, and said to be
    ],
)
def test_other_numbers_are_not_taken_for_counted_dates(tmp_path: Path, text: str, options: dict[str, Any]) -> None:
    assert "may hold dates" not in str(samples(tmp_path / "a.csv", text, **options).meta)


@pytest.mark.parametrize(
    ("entries", "options", "numbers"),
    [
        (("7,369", "999"), {"thousands": ","}, [7369, 999]),
        (("1.234,5", "7"), {"thousands": ".", "decimal": ","}, [1234.5, 7]),
        (("$5.30", "-$1,000.00"), {"strip": "$", "thousands": ","}, [5.3, -1000]),
        (("96.6 %", "3%"), {"strip": "%"}, [96.6, 3]),
        (("1970-01-02", "1970-01-03 12:00"), {"dates": True}, [1, 2.5]),
        (("2024-02-29", "1969-12-31T18:00:00"), {"dates": True}, [19782, -0.25]),
        (("1970-01-01T01:00:00+01:00", "1970-01-01 12:00:00.000001Z"), {"dates": True}, [0, 0.5 + 1e-6 / 86400]),
        (("31/1/1970", "1/2/1970"), {"day_first": True}, [30, 31]),
        (("1/31/1970 6:00 pm", "2/1/1970"), {"day_first": False}, [30.75, 31]),
        (("1 Feb 1970", "Feb 2, 1970"), {"dates": True}, [31, 32]),
        (("10:30", "23:45:36"), {"dates": True}, [10.5, 23.76]),
        (("1709251200", "1709254800"), {"dates": True}, [1709251200, 1709254800]),
        (("\u22125", "3"), {}, [-5, 3]),
        (("1'000", "2'000'000.5"), {"thousands": "'"}, [1000, 2000000.5]),
    ],
)
def test_marked_numbers_are_read_by_the_option_that_was_named(
    tmp_path: Path, entries: tuple[str, str], options: dict[str, Any], numbers: list[float]
) -> None:
    rows = "".join(f'"{entry}",{i}\n' for i, entry in enumerate(entries))
    found = samples(tmp_path / "a.csv", f"a,y\n{rows}", **options)
    assert found.inputs.ravel().tolist() == numbers


def test_dates_are_read_as_pandas_reads_them(tmp_path: Path) -> None:
    import pandas as pd

    rng = np.random.default_rng(0)
    forms = ("%Y-%m-%d", "%Y/%m/%d %H:%M", "%d %B %Y", "%b %d, %Y %I:%M %p", "%Y-%m-%dT%H:%M:%S.%f", "%Y%m%dT%H%M%S")
    for form in (*forms, "%d.%m.%Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%d %H:%M:%S+05:30"):
        at = pd.to_datetime(rng.integers(-(10**18), 4 * 10**18, 12))
        texts = [one.strftime(form) for one in at]
        rows = "".join(f'"{text}",{i}\n' for i, text in enumerate(texts))
        found = samples(tmp_path / "a.csv", f"a,y\n{rows}", dates=True, day_first=True)
        form = form.replace("+05:30", "%z")
        right = [pd.to_datetime(text, format=form, utc=True).value / 864e11 for text in texts]
        np.testing.assert_allclose(found.inputs.ravel(), right, atol=1e-11, rtol=0)
        (tmp_path / "a.csv").unlink()


def test_advice_never_changes_a_number_in_silence(tmp_path: Path) -> None:
    """Whatever options a message names for a table of known numbers, following them gives these or is refused."""
    rng = np.random.default_rng(0)
    for trial in range(60):
        point, group = [(".", ","), (",", "."), (",", ""), (".", ""), (".", " ")][trial % 5]
        values = [np.round(rng.uniform(0, 10 ** rng.integers(1, 7), 6), int(rng.integers(0, 4))) for _ in range(3)]
        marks = str.maketrans({",": group, ".": point})
        table = [[f"{v:,}".translate(marks) for v in row] for row in zip(*values, strict=True)]
        text = "a;b;c\n" + "".join(";".join(row) + "\n" for row in table)
        options: dict[str, Any] = {"sep": ";"}
        for _ in range(4):
            try:
                found = samples(tmp_path / "a.csv", text, **options)
            except InputError as error:
                advice = re.findall(r"--(thousands|decimal) (\S+|' ')", str(error).split(" and ")[0])
                if not advice or "say which" in str(error):
                    break
                options |= {name: mark.strip("'") or " " for name, mark in advice}
            else:
                if options.keys() != {"sep"}:  # no option asked for: what is read is plain numbers
                    np.testing.assert_allclose(np.column_stack([found.inputs, found.targets]), np.transpose(values))
                break


def test_a_first_row_is_names_or_data_as_was_said(tmp_path: Path) -> None:
    text = "6.3,0.9,pear\n2.7,0.5,plum\n0.4,0.2,plum\n8.1,0.8,pear\n"
    assert len(samples(tmp_path / "a.csv", text, header=False)) == 4
    assert samples(tmp_path / "a.csv", text, header=True).names == ("6.3", "0.9")
    assert samples(tmp_path / "a.csv", text, header=False, target="x0").kind == "regression"


def test_none_is_a_word_among_words_and_empty_among_numbers(tmp_path: Path) -> None:
    text = "a,y\n1,none\n2,mild\n3,none\n"
    assert samples(tmp_path / "a.csv", text).classes == ("mild", "none")
    with pytest.raises(InputError, match="X row 0, column 'y' is NaN"):
        samples(tmp_path / "a.csv", "a,y\n1,none\n2,3\n3,4\n", target="a")


@pytest.mark.parametrize("typed", ["\t", "\\t", "tab"])
def test_a_tab_may_be_named_as_it_is_typed(tmp_path: Path, typed: str) -> None:
    found = samples(tmp_path / "a.csv", b"a\tb\n1,5\t2\n2,5\t3\n", sep=typed, decimal=",")
    assert found.inputs[:, 0].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("typed", ["\u00a0", "\\xa0"])
def test_a_space_that_cannot_be_seen_may_be_named_as_the_message_writes_it(tmp_path: Path, typed: str) -> None:
    text = "a,b\n1\u00a0234,2\n2\u00a0345,3\n"
    with pytest.raises(InputError, match=r"--thousands '\\xa0' reads it as 1234"):
        samples(tmp_path / "a.csv", text)
    assert samples(tmp_path / "a.csv", text, thousands=typed).inputs[:, 0].tolist() == [1234, 2345]


@pytest.mark.parametrize("name", ["a.txt", "a.data", "a"])
def test_a_table_under_another_name_is_told_its_usual_one(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"A table of text is read under the name \.csv"):
        read(tmp_path / name)


def test_columns_set_by_spaces_are_read(tmp_path: Path) -> None:
    text = "   a     b    name \n  1.5    2    'x'\n 10.25  20\t \"y z\"  \n\n  2.5    2    'x'\n"
    found = samples(tmp_path / "a.csv", text, sep=" ", target="b")
    assert found.names == ("a", "name='x'", "name=y z")
    assert found.inputs[:, 0].tolist() == [1.5, 10.25, 2.5] and found.targets.ravel().tolist() == [2, 20, 2]


def test_the_separator_that_a_spreadsheet_names_is_taken(tmp_path: Path) -> None:
    for begin in ("sep=;\n", "\ufeffsep=;\r\n", '"sep=;"\n'):
        assert samples(tmp_path / "a.csv", begin + "a;b\n1;2\n3;4\n").inputs.ravel().tolist() == [1, 3]


def test_equal_numbers_are_one_class(tmp_path: Path) -> None:
    found = samples(tmp_path / "a.csv", "a,y\n1,1\n2,1.0\n3,2\n4,2\n", classification=True)
    assert found.classes == ("1", "2") and found.targets.ravel().tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(("encoding", "text"), [("utf-16", "ä,y\n1,2\n3,4\n"), ("cp1252", "ä,y\n1,2\n3,4\n")])
def test_other_encodings_are_read_when_named(tmp_path: Path, encoding: str, text: str) -> None:
    found = samples(tmp_path / "a.csv", text.encode(encoding), encoding=encoding)
    assert found.names == ("ä",) and found.targets.ravel().tolist() == [2, 4]


def test_a_long_table_is_read_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a,kind,b,y\n" + lines(lambda i: f"{i / 7},{'uvw'[i % 3]},{'NA' if i == 50 else i},{i % 5}", 100)
    whole = samples(tmp_path / "a.csv", text, missing="drop")
    monkeypatch.setattr("foldline.files.table.columns.BLOCK", 28)
    parts = samples(tmp_path / "a.csv", text, missing="drop")
    assert np.array_equal(whole.inputs, parts.inputs) and np.array_equal(whole.targets, parts.targets)
    assert whole.meta == parts.meta and parts.meta["dropped_rows"] == [50] and len(parts) == 99


def test_the_options_of_the_command_line_are_those_of_read() -> None:
    from foldline.cli.reading import _kinds
    from foldline.files.formats import format_of

    options = format_of(Path("a.csv")).options
    assert tuple(_kinds()) == options
    guide = (DATA.parents[1] / "docs" / "guide" / "files.md").read_text()
    assert [name for name in options if f"`--{name.replace('_', '-')}" not in guide] == []


def test_inputs_and_targets_have_one_length() -> None:
    with pytest.raises(InputError, match="one target a row; got 3 inputs and 2 targets"):
        Samples(np.ones((3, 1)), np.ones(2))


def test_a_huge_table_is_read_only_in_part(tmp_path: Path) -> None:
    text = "a,b\n" + "1.000000000,2.000000000\n" * 10  # 244 bytes
    for name, data, more in (("a.csv", text, ""), ("a.csv.gz", gzip.compress(text.encode()), " unpacked")):
        with pytest.raises(InputError, match=f"at most 200 bytes; it has more{more}. Give --max-rows"):
            samples(tmp_path / name, data, max_bytes=200)
        assert len(samples(tmp_path / name, data, max_rows=1, max_bytes=200)) == 1
        with pytest.raises(InputError, match="at most 200 bytes; its first ones hold 8 of 11 rows"):
            samples(tmp_path / name, data, max_rows=11, max_bytes=200)
    with pytest.raises(InputError, match="at most 400 bytes; its 10 rows of 2 numbers take 404 with the text"):
        samples(tmp_path / "a.csv", text, max_bytes=400)
    assert len(samples(tmp_path / "a.csv", text, max_bytes=404)) == 10
    categories = "a,b\n" + lines(lambda i: f"{'uvwxyz'[i % 6]},2")
    with pytest.raises(InputError, match="its 12 rows of 7 numbers take 724 with the text"):
        samples(tmp_path / "a.csv", categories, max_bytes=500)


def test_a_damaged_gzip_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a whole gzip file"):
        samples(tmp_path / "a.csv.gz", gzip.compress(b"1,2\n3,4\n")[:-9])


@pytest.mark.parametrize(
    ("text", "said", "options"),
    [
        ("a,b\nmm,kg\n1,2\n3,4\n5,6\n", "If line 2 holds units or is a second line of names, remove it", None),
        ("a,b\n1,2\n3,4\nTotal,6\n", "If line 4 sums up the others, --max-rows 2 leaves it out", {"max_rows": 2}),
        ("a,b\n1,2\n3,4\nSource: us\n", "line 4 is a remark below the table, --max-rows 2 leaves", {"max_rows": 2}),
        ("0,9\n1,2\n3,4\nSource: us\n", "If line 4 is a remark below the table, remove it", None),
        ("a,b\n1,2\n# that is all\n", "If line 3 is a remark, remove it", None),
        ("Our data\na,b\n1,2\n3,4\n", "if its first line is a title above the names, remove it", None),
        ("a,b\n1,2\nx,4\n5,6\n7,8\n", "'x' .line 3.. Correct the entry", None),
    ],
)
def test_rows_that_are_no_data_are_named_with_what_leaves_them_out(
    tmp_path: Path, text: str, said: str, options: dict[str, Any] | None
) -> None:
    with pytest.raises(InputError, match=said):
        samples(tmp_path / "a.csv", text)
    if options is not None:
        assert samples(tmp_path / "b.csv", text, **options).inputs.ravel().tolist() == [1, 3]


def test_what_stands_for_nothing_among_numbers_is_a_word_among_words(tmp_path: Path) -> None:
    for word in ("-", "--", ".", "missing", "n.a.", "#N/A", "NaT", "\\N", "<NA>"):
        rows = "".join(f"{word if i == 3 else i},{i}\n" for i in range(8))
        found = samples(tmp_path / "a.csv", f"a,y\n{rows}", missing="drop")
        assert found.meta["dropped_rows"] == [3] and found.inputs.ravel().tolist() == [0, 1, 2, 4, 5, 6, 7]
        (tmp_path / "a.csv").unlink()
    assert samples(tmp_path / "b.csv", "a,y\n-,1\n+,2\n-,3\n").names == ("a=+", "a=-")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\x03\x04\0\1", "a ZIP archive"), (b"\xd0\xcf\x11\xe0\0", "an old spreadsheet"),
        (b"PAR1\x15\0\x15", "a Parquet file"), (gzip.compress(b"a,b", mtime=0), "a gzip archive"),
        (lzma.compress(b"a,b"), "an xz archive"), (bz2.compress(b"a,b", 1), "a bzip2 archive"),
        (b"\x28\xb5\x2f\xfd\0", "a Zstandard archive"), (b"\x89HDF\r\n", "an HDF5 file"), (b"%PDF-1.7\n", "a PDF file"),
        (b'[{"a": 1, "b": 2},\n {"a": 3, "b": 4}]', "JSON"), (b'{"a": 1}\n{"a": 2}\n', "JSON"),
    ],
)  # fmt: skip
def test_a_packed_file_under_the_name_of_a_table_is_named(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(InputError, match=rf"a table needs text; got {what}.*Save it as CSV"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["PAR1", "BZh", "%PDF", "htmls"])
def test_a_column_may_be_called_as_packed_files_begin(tmp_path: Path, name: str) -> None:
    assert samples(tmp_path / "a.csv", f"{name},PAR2,y\n1,2,3\n4,5,7\n7,9,1\n").names == (name, "PAR2")


@pytest.mark.parametrize("suffix", [one for suffixes in ELSEWHERE for one in suffixes.split() if one != ".sav"])
def test_kinds_of_other_programs_are_refused_with_what_makes_one_of_ours(suffix: str) -> None:
    with pytest.raises(InputError, match=rf"got 'a{re.escape(suffix)}'. (If|It|Save)"):
        format_of(Path(f"a{suffix}"))


def column(*entries: object) -> str:
    """A table with these entries in the input a, beside another and a target."""
    return "a,b,y\n" + "".join(f"{entry},{k % 3},{2 * k}\n" for k, entry in enumerate(entries))


@pytest.mark.parametrize(
    ("entries", "what"),
    [
        (("1 kg", "2.5 kg", "-3 kg"), "'1 kg' may be a number with a unit: --strip 'kg' reads it as 1"),
        (("1 kg", "2.5 m", "-3 kg"), "'1 kg' may be a number with a unit: write the number alone"),
        (("5±0.1", "6±0.2", "7 +/- 0.1"), "'5±0.1' may be a number with its uncertainty: write two columns"),
        (("<0.1", "> 0.2", "≤3"), "'<0.1' may be a bound, as below a limit of detection: write the limit"),
        (("0x1F", "0x20", "0x1F"), "'0x1F' may be a number in base 16: write it in base 10"),
        (("1/2", "1/3", "1/2"), "'1/2' may be a fraction: write a decimal number if it is one"),
        (("5-10", "10-15", "5-10"), "'5-10' may be a range: write its ends as two columns"),
        (("1.5D+03", "2d0", "2d0"), "'1.5D+03' may be a number as Fortran writes it: write e for its d"),
        (("1x10^3", "2·10³", "1x10^3"), "'1x10^3' may be a number times a power of ten: write it as 1.5e3"),
        (("1 1/2", "2 1/2", "2 1/2"), "'1 1/2' may be a mixed fraction"),
        (("1.5-", "2-", "2-"), "'1.5-' may be a number with its sign behind: write the sign before it"),
        (("1_234", "2_345", "2_345"), "'1_234' may be a number with _ between its digits: write it without"),
        (('"1,23,456"', '"2,34,567"', '"1,23,456"'), "'1,23,456' may be a number in groups of two digits"),
        (("~1", "2*", "3[1]", "3[1]"), "'~1' may be a number with a mark: write the number alone"),
    ],
)  # fmt: skip
def test_texts_that_are_numbers_to_people_are_named(tmp_path: Path, entries: tuple[str, ...], what: str) -> None:
    said = samples(tmp_path / "a.csv", column(*entries)).meta["findings"]
    assert any(what in one and "column 'a'" in one for one in said), said


@pytest.mark.parametrize(
    "entries", [("red", "blue", "red"), ("A1", "A2", "A1"), ("1st floor", "x", "x"), ("C#", "F#", "C#")]
)
def test_texts_that_are_none_are_not(tmp_path: Path, entries: tuple[str, ...]) -> None:
    assert not any("may be" in one for one in samples(tmp_path / "a.csv", column(*entries)).meta["findings"])


def test_a_unit_is_taken_away_as_the_message_says(tmp_path: Path) -> None:
    found = samples(tmp_path / "a.csv", column("1 kg", "2.5 kg", "-3 kg"), strip="kg")
    assert found.inputs[:, 0].tolist() == [1, 2.5, -3]


def test_a_bound_among_numbers_and_a_target_with_units_are_refused_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'<0\.1' \(line 3\)\. It may be a bound"):
        samples(tmp_path / "a.csv", column(1, "<0.1", 2, 3))
    with pytest.raises(InputError, match=r"names, it seems; '1 kg' may be a number with a unit: --strip 'kg'"):
        samples(tmp_path / "a.csv", column("1 kg", "2 kg", "3 kg"), target="a")


@pytest.mark.parametrize("mark", ["-999", "-9999", "9999", "-1e+30", "-99", "-32768"])
def test_a_value_that_may_mean_that_there_is_none_is_named_and_left_out_on_request(tmp_path: Path, mark: str) -> None:
    text = column(1, mark, 2.5, float(mark), 4)
    said = samples(tmp_path / "a.csv", text).meta["findings"]
    assert sum(f"'a' has {mark} in 2 rows" in one and f"--missing-values {mark} " in one for one in said) == 1
    found = samples(tmp_path / "a.csv", text, missing_values=mark, missing="drop")
    assert found.inputs[:, 0].tolist() == [1, 2.5, 4] and found.meta["dropped_rows"] == [1, 3]
    with pytest.raises(InputError, match=r"column 'a' is NaN \(line 3\)"):
        samples(tmp_path / "a.csv", text, missing_values=(mark, "?"))


@pytest.mark.parametrize(
    "values", [(1, -999, 2, 3), (99, 98, 99, 97), (999, 999, 500, 100), (-5, 3, -5, 4), (1000, 1000, 1, 2)]
)
def test_a_value_that_is_one_of_the_others_is_not(tmp_path: Path, values: tuple[int, ...]) -> None:
    found = samples(tmp_path / "a.csv", column(*values))
    assert not any("missing-values" in one for one in found.meta["findings"])


def test_a_target_that_may_mean_that_there_is_none_is_named(tmp_path: Path) -> None:
    said = samples(tmp_path / "a.csv", "a,y\n1,-999\n2,4\n3,5\n4,-999\n").meta["findings"]
    assert any("column 'y' has -999 in 2 rows" in one for one in said)


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
@pytest.mark.parametrize("index", [(0, 1, 2), (7, 0, 3)])
def test_an_index_of_pandas_is_left_out_and_said(tmp_path: Path, name: str, index: tuple[int, ...]) -> None:
    rows = "".join(f"{i},{k * k},{k}\n" for k, i in enumerate(index))
    found = samples(tmp_path / "a.csv", f"{name},a,y\n{rows}")
    assert found.names == ("a",) and found.meta["ignored"] == [name or "x0"]
    assert any("as pandas writes its index; name it" in one for one in found.meta["findings"])
    assert samples(tmp_path / "b.csv", f"i,a,y\n{rows}").names == ("i", "a")  # with a name it is kept
    alone = "".join(f"{i},{k}\n" for k, i in enumerate(index))
    assert samples(tmp_path / "c.csv", f"{name},y\n{alone}").names == (name or "x0",)  # and where it is all there is


def test_a_first_column_without_a_name_that_measures_is_kept(tmp_path: Path) -> None:
    for entries in ((0.5, 1, 2), (1, 1, 2), (-1, 0, 1)):
        rows = "".join(f"{entry},{k * k},{k}\n" for k, entry in enumerate(entries))
        assert samples(tmp_path / "a.csv", f",a,y\n{rows}").names == ("x0", "a")


def test_codes_that_begin_with_zero_are_taken_for_numbers_and_that_is_said(tmp_path: Path) -> None:
    text = "zip,height,t,y\n10001,0.5,0,3\n01234,1,1,6\n90210,-0.5,0,10\n"
    found = samples(tmp_path / "a.csv", text)
    assert found.inputs[1].tolist() == [1234, 1, 1]
    (said,) = [line for line in found.meta["findings"] if "begin with 0" in line]
    assert said.startswith("column 'zip' has entries that begin with 0, such as 01234, as codes do")
    assert samples(tmp_path / "a.csv", text, ignore="zip").names == ("height", "t")
