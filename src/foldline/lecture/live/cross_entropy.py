"""Question 22, live: two distributions by the share of their first class."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ...activations import sigmoid
from ..cross_entropy import Answer, State, ask
from .handle import Handle, across, upright
from .sampled import along, crossed, numbered

REACH, SHARES = 4.5, 300
BEATS: tuple[dict[str, Any], ...] = ({}, {"q": (0.7, 0.3)}, {"p": (1.0, 0.0)}, {"p": (1.0, 0.0), "q": (0.02, 0.98)})
CONTROLS = ("p.0", "q.0")


def handles(answer: Answer) -> tuple[Handle, ...]:
    """Return the share of the first class in each distribution, and q on the loss of an example."""
    (p, _), (q, _) = answer.state.p, answer.state.q
    loss = min(answer.cross_entropy, REACH) if np.isfinite(answer.cross_entropy) else REACH
    return (
        upright("p", "bars", (-0.2, p), (0.0, 1.0), series=0), upright("q", "bars", (0.2, q), (0.0, 1.0), series=1),
        across("chance", "curve", (q, loss), (0.0, 1.0), series=1),
    )  # fmt: skip


def moved(state: State, name: str, to: tuple[float, float]) -> State:
    """Return the state with one distribution changed; its shares sum to 1."""
    share = to[0] if name == "chance" else to[1]
    shares = (share, 1.0 - share)
    return replace(state, p=shares) if name == "p" else replace(state, q=shares)


def shown(answer: Answer) -> dict[str, Any]:
    """Return both distributions, H(p, q) over q, and the book's points with their losses."""
    p, (q, _) = answer.state.p[0], answer.state.q
    book = answer.book
    x = np.linspace(0, 1, 401)
    return {
        "p": answer.state.p, "q": answer.state.q, "curve": _curve(answer.state.p), "at": [p, q],
        "entropy": answer.entropy, "parts": [answer.entropy, answer.divergence], "crossings": book.crossings.ravel(),
        "sigmoid": np.column_stack([x, sigmoid(book.network(x[:, None])[:, 0])]),
        "points": np.column_stack([book.samples.inputs[:, 0], np.exp(-book.losses)]),
        "labels": book.samples.targets[:, 0].astype(int), "losses": book.losses,
    }  # fmt: skip


@lru_cache(maxsize=64)
def _curve(p: tuple[float, float]) -> Any:
    """H(p, q) over q: it stays while q moves."""
    shares = np.linspace(0.004, 0.996, SHARES)
    return np.array([(share, with_q(State(p), share)) for share in shares])


def with_q(state: State, share: float) -> float:
    """Return H(p, q) where q has another share of the first class."""
    return ask(replace(state, q=(share, 1.0 - share))).cross_entropy


def numbers(answer: Answer) -> dict[str, Any]:
    """Return H(p, q), H(p), KL(p, q), and the book's negative log-likelihoods."""
    book = answer.book
    return {"p": answer.state.p, "q": answer.state.q, "cross": answer.cross_entropy, "entropy": answer.entropy,
            "divergence": answer.divergence, "total": book.total, "likelihood": book.likelihood, "least": book.least,
            "offset": book.offset}  # fmt: skip


def overlay(answer: Answer) -> dict[str, Any]:
    """Return 100 samples of H(p, q) over q with the least of them, and where 100 of the network see it pass 1/2."""
    x, book = along(0, 1), answer.book
    heights = np.array([with_q(answer.state, share) for share in x])
    seen = np.isfinite(heights)
    crossings = crossed(x, book.network(x[:, None])[:, 0])
    told = numbered(least=float(heights.min()), crossings=crossings)
    return {"places": np.column_stack([x, heights])[seen], "crossings": crossings} | told
