"""Damaged files for every reader: a whole value or a refusal of ours, each within ten seconds and a gigabyte."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from ..graph.random_graphs import MAKERS, random_graph
from . import damage
from .damage import Whole, attempt, flipped, led_on
from .wholes import WHOLES

pytest.importorskip("tifffile")
FLIPS, ROUNDS = 10_000, 2_000


def seed_of(name: str) -> int:
    return zlib.crc32(name.encode())


@pytest.mark.parametrize("name", WHOLES)
def test_a_whole_file_is_read_and_some_damaged_ones_are_or_refused(tmp_path: Path, name: str) -> None:
    whole, rng = WHOLES[name], np.random.default_rng(seed_of(name))
    whole.beside(tmp_path)
    data = whole.make()
    assert attempt(whole, tmp_path, data)
    for cut in rng.integers(0, len(data), 12).tolist():
        attempt(whole, tmp_path, data[:cut])
    for _ in range(24):
        attempt(whole, tmp_path, flipped(data, rng))


@pytest.mark.parametrize("name", ["table", "binary.ply", "an array inside", "nnet"])
def test_some_damage_that_leads_on_is_read_or_refused(tmp_path: Path, name: str) -> None:
    WHOLES[name].beside(tmp_path)
    kept, arcs = led_on(WHOLES[name], tmp_path, 30, seed_of(name))
    assert kept > 3 and arcs > 50


def staged(path: Path) -> None:
    """Fails where a number stands after a word after a word: none is met but by going on from the one before."""
    data = path.read_bytes()
    if b"knife" in data:
        data = data.partition(b"knife")[2]
        if b"fork" in data:
            data = data.partition(b"fork")[2]
            if b"65536" in data:
                raise ZeroDivisionError


def test_what_is_hidden_behind_three_others_is_found_by_going_on(tmp_path: Path, monkeypatch) -> None:
    whole = Whole("a.txt", lambda: b"1 2 3\n" * 20, reader=staged)
    assert led_on(whole, tmp_path, 40, 0)[0] == 1  # nothing of ours is reached in a test's own function
    monkeypatch.setattr(damage, "OURS", __file__)
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        led_on(whole, tmp_path, 1000, 2)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", WHOLES)
def test_every_beginning_and_ten_thousand_damaged_files_are_read_or_refused(tmp_path: Path, name: str) -> None:
    whole, rng = WHOLES[name], np.random.default_rng(seed_of(name) + 1)
    whole.beside(tmp_path)
    data = whole.make()
    for cut in range(len(data)):
        attempt(whole, tmp_path, data[:cut])
    for _ in range(FLIPS):
        attempt(whole, tmp_path, flipped(data, rng))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", WHOLES)
def test_two_thousand_files_damaged_towards_new_lines_are_read_or_refused(tmp_path: Path, name: str) -> None:
    WHOLES[name].beside(tmp_path)
    assert led_on(WHOLES[name], tmp_path, ROUNDS, seed_of(name))[0] > 1


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(len(MAKERS)))
def test_damaged_graphs_of_every_operator_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    whole = Whole("a.onnx", random_graph(seed)[0].SerializeToString)
    rng = np.random.default_rng(seed)
    for _ in range(300):
        attempt(whole, tmp_path, flipped(whole.make(), rng))
