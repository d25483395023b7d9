"""What a grid of samples would have told stands beside the exact answer, and is what such samples tell."""

from __future__ import annotations

import numpy as np
import pytest

from foldline.lecture.live.page import live, tell
from foldline.lecture.questions import question


@pytest.mark.parametrize(("slug", "of"), [("xor", lambda a: a.slide.regions), ("image", lambda a: a.regions)])
def test_a_region_is_known_that_holds_a_sample(slug: str, of) -> None:
    answer = question(slug).ask()
    found = of(answer)
    sides = [np.linspace(lo, hi, 100) for lo, hi in zip(found.box.lo, found.box.hi, strict=True)]
    homes = found.locate(np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2))
    inside = {int(home[0]) for home in homes if len(home) == 1}
    seen = set(np.flatnonzero(live(question(slug)).overlay(answer)["seen"]).tolist())
    assert inside <= seen <= {int(k) for home in homes for k in home}


def test_sampled_curves_go_through_the_samples_and_past_the_joints() -> None:
    told = tell("two-outputs", {}, overlay=True)
    networks = question("two-outputs").ask()
    for k, path in enumerate(told.overlay["paths"]):
        curve = networks.curves[k]
        assert path.shape == (100, 2) and path[:, 1] == pytest.approx(np.interp(path[:, 0], curve.x, curve.y))
        assert not np.isin(curve.joints, path[:, 0]).any()
    path = tell("training", {"shown": [30], "epochs": 30}, overlay=True).overlay["path"]
    assert len(path) == 100 and (path[:, 0] == np.linspace(0, 1, 100)).all()
