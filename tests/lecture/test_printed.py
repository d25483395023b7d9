"""The table of the slides' numbers: quoted rightly, computed, shown by the commands it names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from foldline.cli import app
from foldline.lecture.printed import FACTS, agrees, lecture_rows

QUOTES = (Path(__file__).parents[1] / "lecture_quotes.md").read_text()
# What stands around a print that alone would be found anywhere.
AROUND = {
    "unit step at 0": r"1 & \text{if } t \geq 0",
    "joints a ReLU": "1 “joint” per ReLU function",
    "y for 00, 01, 10, 11": "x1 x2 y 0 0 0 0 1 1 1 0 1 1 1 0",
    "one perceptron": "No!",
}
# The true numbers as the facts of this project have them, found by other means than this library.
TRUE = {
    "unit step at 0": "0",
    "z of the unit": "0.87",
    "y of the unit": "0.7047457",
    "one perceptron": "No: (1/2, 1/2)",
    "separable functions": "XOR is not; 14 of 16 functions are, all but xor and xnor",
    "y for 00, 01, 10, 11": "0 1 1 0",
    "XOR seen in h": "linearly separable, margin 0.2236068",  # 1 / (2 sqrt 5): (1,0), (1,0) against (0,0), (2,1)
    "joints a ReLU": "1",
    "parameters, 5 layers of 10": "471",
    "regions, 5 layers of 10": "161,051",
    "parameters, 5 layers of 50": "10,801",
    "regions, 5 layers of 50": "179,562,019,186,562,049,740,867,382,427,559,978,336,256",
    "MNIST-1D examples": "4,000",
    "parameters, 1 hidden of 298": "15,208",
    "parameters, 2 hidden of 100": "15,210",
    "parameters, 3 hidden of 75": "15,235",
    "parameters, 4 hidden of 63": "15,319",
    "epochs to no error": "fewer: 2 layers 235,755, 3 layers 15",
    "voxels at 32": "32^3 = 32,768, 4,096 bytes",
    "voxels at 64": "64^3 = 262,144, 32,768 bytes",
    "voxels at 128": "128^3 = 2,097,152, 262,144 bytes",
    "parameters, 6 hidden of 1000": "5,010,001",
    "parameters, 7 hidden of 1000": "6,011,001",
    "gradient of the error count": "zero wherever it exists",
    "sum of 3 sigmoids": "do not add up to 1: 1.659",
    "softmax of (-3, 2, 1), class 1": "0.0049017",
    "softmax of (-3, 2, 1), class 2": "0.7274752",
    "softmax of (-3, 2, 1), class 3": "0.267623",
    "sigmoid(z) - softmax(z/2, -z/2)": "soft-max generalizes sigmoid",
}
ERRATA = {
    "unit step at 0", "regions, 5 layers of 10", "parameters, 4 hidden of 63", "parameters, 6 hidden of 1000",
}  # fmt: skip


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"[$*]", "", text))


@pytest.fixture(scope="module")
def rows():
    return lecture_rows()


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.what)
def test_a_print_stands_on_its_slide(fact):
    slide = QUOTES.split(f"# {fact.slide}\n", 1)[1].split("\n# ", 1)[0]
    wanted = re.escape(AROUND.get(fact.what, fact.printed))
    assert re.search(rf"(?<![\d.,]){wanted}(?!,?\d)", plain(slide))


def test_the_true_numbers_are_the_known_ones(rows):
    assert len(rows) == len(TRUE)
    for row in rows:
        assert row.true.startswith(TRUE[row.what]), row


def test_the_errata_are_the_known_ones(rows):
    assert {row.what for row in rows if row.erratum} == ERRATA
    assert all(row.note for row in rows if row.erratum)


@pytest.mark.parametrize(
    ("printed", "value", "right"),
    [(".70", 0.7047457, True), (".71", 0.7047457, False), ("0.005", 0.0049017, True), ("6M", 6_499_999, True),
     ("6M", 5_010_001, False), ("> 10^{40}", 10**40, False), ("> 10^{40}", 10**40 + 1, True), ("No", "No: so", True),
     ("No", "Yes", False), ("161,501", 161_501, True)],
)  # fmt: skip
def test_a_print_is_right_if_the_true_number_rounds_to_it(printed, value, right):
    assert agrees(printed, value) is right


# What a command says where it does not print the true number as a number of the same digits.
SAID = {
    "one perceptron": "Fraction(1, 2), Fraction(1, 2)",
    "separable functions": "['xor', 'xnor']",
    "y for 00, 01, 10, 11": "0. 1. 1. 0.",
    "XOR seen in h": "0.2236067",
    "joints a ReLU": "3 joints of 3 units",
    "epochs to no error": "124529",
    "voxels at 32": "4096 bytes",
    "voxels at 64": "32768 bytes",
    "voxels at 128": "262144 bytes",
    "gradient of the error count": "0. 0. 0. 0.",
    "sum of 3 sigmoids": "1.6592",
    "sigmoid(z) - softmax(z/2, -z/2)": "e-16",
}


def shows(row, answer):
    if row.what in SAID:
        return SAID[row.what] in answer
    places = len(row.true.partition(".")[2])
    return f"{float(re.search(r'[-0-9.e]+', answer)[0]):,.{places}f}" == row.true


def test_the_python_commands_of_the_table_show_the_true_numbers(rows):
    python = [row for row in rows if row.command.startswith("python -c ")]
    codes = [re.fullmatch(r'python -c "([^"]*)"', row.command)[1] for row in python]
    script = "".join(f"print('@')\nexec({code!r}, {{}})\n" for code in codes)
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr
    wrong = [row.what for row, answer in zip(python, said.stdout.split("@")[1:], strict=True) if not shows(row, answer)]
    assert not wrong


def test_the_other_commands_are_foldlines_and_show_the_true_numbers(rows):
    others = [row for row in rows if not row.command.startswith("python -c ")]
    assert len(others) == 9
    for row in others:
        program, *arguments = row.command.split()
        answer = CliRunner().invoke(app, [*arguments, "--json"])
        assert program == "foldline" and answer.exit_code == 0
        assert row.true.replace(",", "") in re.findall(r"\d+", answer.stdout)
