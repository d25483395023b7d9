"""Question 18, live: a calculator; each layer's width is a handle."""

from __future__ import annotations

from typing import Any

from ..parameters import Answer, total
from .handle import Handle, upright

HIGH = 2000.0
BEATS: tuple[dict[str, Any], ...] = ({}, {"hidden": (1000,) * 7}, {"hidden": (512,) * 8})
CONTROLS = ("inputs", "hidden", "outputs")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the width of each hidden layer."""
    return tuple(
        upright(f"y:hidden.{k}", "widths", (k + 1, width), (1.0, HIGH), series=0)
        for k, width in enumerate(answer.state.hidden)
    )


def shown(answer: Answer) -> dict[str, Any]:
    """Return widths, the parameters of each layer, and those of the four depths."""
    state = answer.state
    return {"widths": [state.inputs, *state.hidden, state.outputs], "layers": [one.parameters for one in answer.layers],
            "depths": [[depth, total(layers)] for depth, layers in answer.depths.items()],
            "nearest": answer.nearest}  # fmt: skip


def numbers(answer: Answer) -> dict[str, Any]:
    """Return the exact count, layer by layer and in all."""
    depths = {f"depth.{depth}": total(layers) for depth, layers in answer.depths.items()}
    return {"parameters": answer.parameters, "bytes": answer.bytes, "layers": [one.parameters for one in answer.layers],
            **depths, "nearest": answer.nearest}  # fmt: skip
