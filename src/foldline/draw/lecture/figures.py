"""Which figures of the lecture there are: cases as data, and how one is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from ...errors import InputError
from ..paper import Sheet, look


@dataclass(frozen=True)
class Entry:
    """One figure.

    name       on the command line and of its files
    row        its place in the lecture
    slide      the title of the slide it redraws
    question   what it answers: the title on the page
    place      "module:function" in this package; the function takes nothing and returns the drawn sheet
    """

    name: str
    row: int
    slide: str
    question: str
    place: str


FIGURES = (
    Entry("line", 1, "1D Linear regression", "Which line fits best, and how does descent find it?", "linear:line"),
    Entry("fish", 2, "Linear Classification", "Salmon or sea bass: can a line tell?", "linear:two_fish"),
    Entry("units", 3, "Other non-linear activation function", "What does a unit make of z, how steeply?", "unit:units"),
    Entry("unit", 4, "Neural Unit: an example", "What does one unit compute, step by step?", "unit:one_unit"),
    Entry("gates", 5, "The XOR problem", "Which functions can one unit compute?", "gates:gates"),
    Entry("xor", 6, "Solution to the XOR problem", "How do two layers solve XOR?", "gates:xor"),
    Entry("shallow", 7, "Visualize shallow neural network", "How do three units make a curve?", "shallow:four_steps"),
    Entry("network", 8, "Terminology", "What are the parts of a network called?", "terms:terms"),
    Entry(
        "approximation",
        9,
        "Universal approximation theorem",
        "How many units does a curve take?",
        "approximation:approximation",
    ),
    Entry("two-outputs", 10, "Shallow network", "Do two outputs share their joints?", "deep:two_outputs"),
    Entry("composing", 11, "Network as composing function", "What does a network of networks do?", "deep:composing"),
    Entry(
        "regions", 12, "Example of Multi Layer Perceptron (MLP)", "What does a network do to the plane?", "plane:plane"
    ),
    Entry(
        "bounds",
        13,
        "Shallow vs deep networks",
        "How many regions does a parameter buy?",
        "capacity:regions_per_parameter",
    ),
    Entry(
        "random-labels",
        14,
        "Shallow vs deep networks",
        "Can a network learn labels without meaning?",
        "capacity:random_labels",
    ),
    Entry("image", 15, "Image as function", "How much of an image fits into a network?", "fields:image"),
    Entry(
        "shapes",
        16,
        "Representation for 3D deep learning",
        "What does a shape cost, and how near is it?",
        "fields:shapes",
    ),
    Entry(
        "surface", 17, "Surface as decision boundary", "Where exactly is a network zero?", "fields:surface_and_slice"
    ),
    Entry("parameters", 18, "SDF", "How many layers make six million parameters?", "capacity:parameters"),
    Entry(
        "zero-gradients",
        19,
        "Zero Gradients Problem",
        "Why can no descent follow the number of errors?",
        "softening:zero_gradients",
    ),
    Entry(
        "relaxation",
        20,
        "Work-around for Zero Gradients",
        "How far is the sigmoid from the step?",
        "softening:relaxation",
    ),
    Entry("quadratic", 21, "Quadratic Loss", "Why does a badly wrong example hardly pull?", "losses:quadratic"),
    Entry("cross-entropy", 22, "Cross-Entropy Loss", "What does cross entropy measure?", "losses:cross_entropies"),
    Entry("sigmoids", 23, "Towards Multi-label Classification", "Are K sigmoids a distribution?", "softmax:sigmoids"),
    Entry("softmax", 24, "Soft-Max Function", "What does softmax make of logits?", "softmax:soft_max"),
    Entry(
        "multiclass",
        25,
        "Cross-Entropy Loss, general multi-class case",
        "Where does each logit have to go?",
        "softmax:multiclass",
    ),
    Entry("argmax", 26, "soft-max vs arg-max", "Where does each class win?", "argmax:arg_max"),
    Entry(
        "training",
        27,
        "Next: how to train neural networks?",
        "What does training move, and how far does it get?",
        "training:training",
    ),
)


def entry(name: str) -> Entry:
    """Return the figure of a name.

    raises   InputError with the names that come close

    >>> entry("shallow").row
    7
    """
    found = {figure.name: figure for figure in FIGURES}
    if name not in found:
        close = get_close_matches(name, found)
        hint = f"Did you mean {' or '.join(close)}?" if close else "Try foldline figure --list."
        raise InputError(f"figure needs the name of a figure of the lecture; got {name!r}. {hint}")
    return found[name]


def draw(name: str) -> Sheet:
    """Return a figure of the lecture as a sheet that can be saved.

    raises   InputError for a name that is not one of ``FIGURES``
    cost     seconds; what is fitted for a figure is small and has a seed
    """
    figure = entry(name)
    module, function = figure.place.split(":")
    make: Callable[[], Sheet] = getattr(import_module(f".{module}", __package__), function)
    with look():
        page = make()
        page.head(figure.question, f"{figure.slide}   ·   figure {figure.row} of the lecture")
    return page
