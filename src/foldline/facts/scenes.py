"""Fields of radiance -> facts: how near they come to photographs, and how far ordinary sampling is off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..network import Network
from ..scene import Scene
from ..scenes.render import SAMPLES
from ..scenes.score import Shown
from ..text import in_seconds
from ..training import Training
from .facts import Fact, Facts


@dataclass(frozen=True, kw_only=True)
class SceneFacts(Facts):
    """A field fitted to the pictures of a scene.

    held_out              the score over all pictures held out; ``views`` has each one's
    sampling_is_off_by    {samples a ray: {"mean": ..., "largest": ...}}, of colours, over the pictures of the report
    """

    pictures: int
    parameters: int
    steps: int
    seconds: float
    complete: bool
    held_out: Mapping[str, float]
    views: Mapping[str, Mapping[str, float]]
    background: Sequence[float]
    sampling_is_off_by: Mapping[str, Mapping[str, float]]

    def rows(self) -> list[Fact]:
        """Return the facts in words, one row each."""
        return [
            ("pictures", f"{self.pictures}"),
            ("field", f"{self.parameters:,} numbers"),
            ("fit", f"{self.steps:,} steps in {in_seconds(self.seconds)}"),
            *score_rows("held out", self.held_out),
            *off_rows(self.sampling_is_off_by),
        ]


def scene_facts(network: Network, scene: Scene, shown: Sequence[Shown]) -> SceneFacts:
    """Return the facts of a field and the scene it was fitted to."""
    training = network.training or Training()
    return SceneFacts(
        pictures=len(scene), parameters=network.n_parameters, steps=training.steps, seconds=training.seconds,
        complete=training.complete, held_out=dict(training.held_out), views=dict(network.meta.get("views", {})),
        background=list(network.meta["background"]), sampling_is_off_by={str(SAMPLES): sampling_off(shown)},
    )  # fmt: skip


def sampling_off(shown: Sequence[Shown]) -> dict[str, float]:
    """Return how far the colours of sampled pictures are from the exact ones, on average and at most."""
    gaps = [np.abs(one.exact.colours - one.sampled.colours).ravel() for one in shown]
    gap = np.concatenate(gaps)
    return {"mean": float(gap.mean()), "largest": float(gap.max())}


def score_rows(what: str, score: Mapping[str, float]) -> list[Fact]:
    """Return how near pictures come to photographs, in words."""
    if not score:
        return []
    over = f", {score['foreground_psnr']:.2f} dB where the thing is" if "foreground_psnr" in score else ""
    views = f"{score['views']:.0f} picture{'s' * (score['views'] != 1)}"
    return [(what, f"{score['psnr']:.2f} dB{over}, SSIM {score['ssim']:.4f}, over {views}")]


def off_rows(off: Mapping[str, Mapping[str, float]]) -> list[Fact]:
    """Return how far samples are off exact pictures, in words."""
    return [
        (f"{samples} samples a ray", f"off by {gap['mean']:.1e} on average, {gap['largest']:.1e} at most")
        for samples, gap in off.items()
    ]
