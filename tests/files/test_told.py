"""Answers' documents read back: what is drawn of them is what is drawn of the answers themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foldline as fl
from foldline.draw.picture import picture
from foldline.errors import InputError
from foldline.exact.terrain.contours import contours
from foldline.exact.terrain.slopes import slopes
from foldline.files.told import Told, read_told

SQUARE, LINE = fl.Box([-1.0, -1.0], [1.5, 1.25]), fl.Box([-1.0], [1.5])
NAMES = ("height", "<b>&")


def network(d: int, d_out: int = 1) -> fl.Network:
    rng = np.random.default_rng(d)
    sizes = (d, 6, 6, d_out)
    pairs = list(zip(sizes[1:], sizes, strict=False))
    meta = {"names": list(NAMES[:d]), "target": "what"}
    return fl.Network([rng.normal(size=pair) for pair in pairs], [rng.normal(size=b) for b, _ in pairs], meta=meta)


ASKED: dict[str, tuple[Callable[[], Any], str]] = {
    "regions of a plane": (lambda: fl.regions(network(2), SQUARE), "json"),
    "regions of a line": (lambda: fl.regions(network(1), LINE), "json"),
    "two curves": (lambda: fl.regions(network(1, 2), LINE), "json"),
    "decisions of a plane": (lambda: fl.decisions(network(2, 3), SQUARE), "json"),
    "decisions of a line": (lambda: fl.decisions(network(1), LINE), "json"),
    "a class everywhere": (lambda: fl.decisions(network(2), SQUARE, level=1e6), "json"),
    "a boundary in the plane": (lambda: fl.boundary(network(2, 3), SQUARE), "json"),
    "points on a line": (lambda: fl.boundary(network(1), LINE), "json"),
    "a boundary in space": (lambda: fl.boundary(network(3), fl.Box([-1.0] * 3, [1.5] * 3)), "json"),
    "no boundary": (lambda: fl.boundary(network(2), SQUARE, level=1e6), "json"),
    "a part of the regions": (lambda: fl.regions(network(2), SQUARE, budget=fl.Budget(regions=5)), "json"),
    "contours": (lambda: contours(network(2), [0.0, 0.1, 99.0], SQUARE), "geojson"),
    "slopes": (lambda: slopes(network(2), SQUARE), "geojson"),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_document_draws_as_its_answer_does(tmp_path: Path, name: str) -> None:
    ask, suffix = ASKED[name]
    answer = ask()
    told = read_told(answer.save(tmp_path / f"a.{suffix}"))
    assert told is not None
    assert picture(told).encode("svg") == picture(answer).encode("svg")


@pytest.mark.parametrize("colour", ["gradient", "field"])
def test_regions_told_are_drawn_in_the_colours_that_maps_give(tmp_path: Path, colour: str) -> None:
    answer = fl.regions(network(2), SQUARE)
    told = read_told(answer.save(tmp_path / "a.json"))
    assert isinstance(told, Told)
    np.testing.assert_allclose(told.heights, network(2)(answer.complex.vertices), atol=1e-12)
    assert picture(told, colour=colour).encode("png") == picture(answer, colour=colour).encode("png")
    with pytest.raises(InputError, match=r"draw needs the network for colour piece; an answer's \.json tells pattern"):
        told.plot(colour="piece")


@pytest.mark.parametrize(("change", "message"), [
    ({"cells": [[0, 1, 10**6]]}, "'cells' as whole numbers below"),
    ({"cells": 3}, "'cells' as lists of vertex numbers"),
    ({"class": [0.5] * 3}, "'class'"),
    ({"vertices": [[0, 0], [1]]}, "'vertices' as numbers"),
    ({"vertices": [[0, None]]}, "'vertices' as finite numbers"),
    ({"vertices": [[0, 10**400]]}, "'vertices' as numbers"),
    ({"names": "ab"}, "'names' as a list of texts"),
    ({"box": None}, "'box'"),
    ({"certified": "yes"}, "'certified' as true or false"),
    ({"map": [[[1, 2]]]}, "'map' as finite numbers with 3 axes"),
    ({"boundary": []}, "'boundary' as an object"),
])  # fmt: skip
def test_a_document_that_lacks_a_part_says_which(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = fl.decisions(network(2, 3), SQUARE).save(tmp_path / "a.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=rf"a\.json: a saved answer needs {message}"):
        read_told(path)


@pytest.mark.parametrize("text", ["", "3", "[]", "{}", '{"foldline": {}}', '{"type": "FeatureCollection"}', "[" * 9999])
def test_any_other_document_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert read_told(path) is None
