"""Question 15, live: an image, its network and what is left over; the crop whose exact regions are shown moves."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from ...box import Box
from ...colour import as_bytes
from ..image import Answer, State, pixels_of
from ..kept import image as kept_image
from ..regions import seen_by_grid
from .cells import cut
from .handle import Handle, free
from .sampled import SAMPLES

WHOLE = Box([-1, -1], [1, 1])
LEAST = 0.05  # side of the crop
BEATS: tuple[dict[str, Any], ...] = ({}, {"crop": (0.1, 0.15, 0.35, 0.4)}, {"hidden": (24, 24), "steps": 300})
CONTROLS = ("hidden", "steps", "seed")


@cache
def fixed() -> dict[str, Any]:
    """Return the pixels of the image."""
    samples, _ = kept_image("chelsea.png")
    return {"true": as_bytes(pixels_of(samples, samples.targets))}


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return two corners and the middle of the crop."""
    left, low, right, high = answer.state.crop
    middle = (left + right) / 2, (low + high) / 2
    return tuple(
        free(name, "true", at, WHOLE)
        for name, at in (("low", (left, low)), ("high", (right, high)), ("middle", middle))
    )


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one corner of the crop elsewhere, or all of it."""
    left, low, right, high = state.crop
    if name == "low":
        crop = min(to[0], right - LEAST), min(to[1], high - LEAST), right, high
    elif name == "high":
        crop = left, low, max(to[0], left + LEAST), max(to[1], low + LEAST)
    else:
        across, up = (right - left) / 2, (high - low) / 2
        x, y = (float(np.clip(v, -1 + r, 1 - r)) for v, r in zip(to, (across, up), strict=True))
        crop = x - across, y - up, x + across, y + up
    return replace(state, crop=crop)


def shown(answer: Answer) -> dict[str, Any]:
    """Return the network's pixels, the difference, and the crop's polygons with their colours."""
    found, error = answer.regions, np.abs(answer.made - answer.true).mean(axis=2)
    return {
        "made": as_bytes(answer.made), "error": error.astype(np.float32), "full": float(np.quantile(error, 0.99)),
        "crop": answer.state.crop, "cells": cut(found), "colours": as_bytes(found.network(found.centroids)),
        "bytes": answer.bytes,
    }  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return PSNR, parameters, bytes and the regions of the crop."""
    network = answer.network
    names = dict(zip(("pixels", "png", "network"), answer.bytes, strict=True))
    return {"psnr": answer.psnr, "parameters": network.n_parameters, **names, "regions": len(answer.regions),
            "certified": answer.regions.certified}  # fmt: skip


def overlay(answer: Answer) -> dict[str, Any]:
    """Return which regions of the crop a grid of 100 x 100 samples comes to know of."""
    return {"seen": seen_by_grid(answer.regions, SAMPLES)}
