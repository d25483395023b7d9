"""The public names: few, there, and what they are elsewhere."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import foldline as fl

SHOWN = [name for name in dir(fl) if not name.startswith("_") and not isinstance(getattr(fl, name), ModuleType)]


def test_there_are_fewer_than_50_public_names() -> None:
    assert len(SHOWN) < 50
    assert {"Network", "Box", "regions", "boundary", "decisions", "surface", "bounds", "count", "check"} <= set(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_every_public_name_says_what_it_is(name: str) -> None:
    assert getattr(fl, name).__doc__ and getattr(fl, name).__module__.startswith("foldline.")


def test_the_exact_engine_is_loaded_by_the_first_question() -> None:
    code = "import foldline, sys; print('foldline.exact.regions' in sys.modules); foldline.regions; print('foldline.exact.regions' in sys.modules)"  # noqa: E501
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]


def test_what_is_used_most_is_shown_and_a_star_imports_what_is_shown() -> None:
    assert {"FoldClassifier", "FoldRegressor", "PerceptronClassifier", "RegionDisplay", "BoundaryDisplay"} <= set(SHOWN)
    assert {"Cloud", "fit", "read", "widget"} <= set(SHOWN) and sorted(fl.__all__) == dir(fl)


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'foldline' has no attribute 'polygons'"):
        _ = fl.polygons
