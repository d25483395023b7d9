"""Which figures of the lecture there are: each question of the lecture, how it is asked for one, and what draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ...lecture.questions import Question, question
from ..dark import darken
from ..paper import WORDS, Sheet, look

TOLERANCES = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
SLIDE: tuple[Mapping[str, Any], ...] = ({},)


@dataclass(frozen=True)
class Figure:
    """How an answer becomes a sheet.

    place   "module:function" in this package; the function takes the answers and returns the drawn sheet
    asked   fields of the states that are asked, where they are not the slide's: one answer each
    """

    place: str
    asked: tuple[Mapping[str, Any], ...] = SLIDE


FIGURES = {
    "line": Figure("linear:line"),
    "fish": Figure("linear:two_fish", ({"overlap": 0.5}, {"overlap": 1.6})),
    "units": Figure("unit:units"),
    "unit": Figure("unit:one_unit"),
    "gates": Figure("gates:gates", ({"labels": (0, 0, 0, 1)}, {"labels": (0, 1, 1, 1)}, {"labels": (0, 1, 1, 0)})),
    "xor": Figure("gates:xor", ({"starts": 200},)),
    "shallow": Figure("shallow:four_steps"),
    "network": Figure("terms:terms"),
    "approximation": Figure(
        "approximation:approximation",
        ({"units": (6, 10, 16), "tolerances": TOLERANCES, "staircase": 0.25, "best": True},),
    ),
    "two-outputs": Figure("deep:two_outputs"),
    "composing": Figure("deep:composing", ({"copies": 5, "variants": True},)),
    "regions": Figure(
        "plane:plane",
        ({}, {"network": "wide", "grids": (100, 1000)}, {"network": "controller", "chances": 2_000_000}),
    ),
    "bounds": Figure("capacity:regions_per_parameter", ({}, {"inputs": 10, "width": 50})),
    "random-labels": Figure("capacity:random_labels"),
    "image": Figure("fields:image", ({}, {"kept": "field"})),
    "shapes": Figure("fields:shapes", ({"resolutions": (32, 64, 128)},)),
    "surface": Figure("fields:surface_and_slice"),
    "parameters": Figure("capacity:parameters"),
    "zero-gradients": Figure("softening:zero_gradients"),
    "relaxation": Figure("softening:relaxation"),
    "quadratic": Figure("losses:quadratic", ({"grid": 121},)),
    "cross-entropy": Figure("losses:cross_entropies"),
    "sigmoids": Figure("softmax:sigmoids"),
    "softmax": Figure("softmax:soft_max"),
    "multiclass": Figure("softmax:multiclass"),
    "argmax": Figure("argmax:arg_max", ({}, {"kind": "network"})),
    "training": Figure("training:training", ({"starts": 40, "best": True},)),
}


def answers_of(asked: Question) -> tuple[Any, ...]:
    """Return what the figure of a question is drawn of.

    cost   seconds; what is fitted for a figure is small and has a seed
    """
    return tuple(asked.ask(asked.module.State(**fields)) for fields in FIGURES[asked.slug].asked)


def draw(name: str, *, slides: bool = False, dark: bool = False) -> Sheet:
    """Return a figure of the lecture as a sheet that can be saved.

    slides   each panel on a page of its own, 16:9
    dark     light on dark
    raises   InputError for a name that is not one of ``FIGURES``
    cost     seconds, for the answers
    """
    asked = question(name)
    return drawn(asked, answers_of(asked), slides=slides, dark=dark)


def drawn(asked: Question, answers: tuple[Any, ...], *, slides: bool = False, dark: bool = False) -> Sheet:
    """Return the figure of answers that were asked before."""
    from matplotlib.text import Text

    module, function = FIGURES[asked.slug].place.split(":")
    make: Callable[..., Sheet] = getattr(import_module(f".{module}", __package__), function)
    with look(slides=slides):
        page = make(*answers)
        page.head(asked.title, f"{asked.slide}   ·   figure {asked.number} of the lecture")
    for figure in page.pages:
        for text in figure.findobj(Text):
            colour = text.get_color()
            text.set_color(WORDS.get(colour, colour) if isinstance(colour, str) else colour)
    if dark:
        darken(page)
    return page
