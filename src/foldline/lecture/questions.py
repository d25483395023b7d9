"""The 27 questions of the lecture as data, and the one way to ask each of them.

A question is a file of this package with three names: ``State``, what it is asked with, a frozen dataclass of plain
numbers whose defaults are what the slide shows; ``Answer``, values and numbers, a frozen dataclass whose first field is
the state; and ``ask(state) -> Answer``, which draws nothing.  A long one also takes ``callback=``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from inspect import signature
from typing import Any

from ..errors import InputError
from .handles import Progress
from .wire import schema, state_from


@dataclass(frozen=True)
class Question:
    """One page of the lecture.

    number   its place in the lecture
    slug     its name: on the command line, in an address, of its file
    slide    the title of the slide it redraws
    title    the question it answers
    """

    number: int
    slug: str
    slide: str
    title: str

    @property
    def module(self) -> Any:
        """The file that answers it."""
        return import_module(f".{self.slug.replace('-', '_')}", __package__)

    @property
    def long(self) -> bool:
        """Whether it may train or prove for seconds, and takes a callback."""
        return "callback" in signature(self.module.ask).parameters

    def state(self, given: Mapping[str, Any] | None = None) -> Any:
        """Return the state of JSON values, defaults for what is left out.

        raises   InputError naming the field that is unknown, of another type or outside its span

        >>> question("softmax").state({"logits": [0, 1, 2]}).logits
        (0.0, 1.0, 2.0)
        """
        return state_from(self.module.State, given or {}, self.slug)

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of its state, made from the dataclass."""
        return schema(self.module.State)

    def ask(self, state: Any = None, *, callback: Progress | None = None) -> Any:
        """Return the answer; what the slide shows unless a state is given.

        callback   of a long question: called with the steps done first, then what the fit or the proof under it tells

        >>> round(question("unit").ask().y, 7)
        0.7047457
        """
        asked = self.module.State() if state is None else state
        return self.module.ask(asked, callback=callback) if self.long else self.module.ask(asked)


# number | name | title of the slide | the question
TABLE = """
1 | line | 1D Linear regression | Which line fits best, and how does descent find it?
2 | fish | Linear Classification | Salmon or sea bass: can a line tell?
3 | units | Other non-linear activation function | What does a unit make of z, how steeply?
4 | unit | Neural Unit: an example | What does one unit compute, step by step?
5 | gates | The XOR problem | Which functions can one unit compute?
6 | xor | Solution to the XOR problem | How do two layers solve XOR?
7 | shallow | Visualize shallow neural network | How do three units make a curve?
8 | network | Terminology | What are the parts of a network called?
9 | approximation | Universal approximation theorem | How many units does a curve take?
10 | two-outputs | Shallow network | Do two outputs share their joints?
11 | composing | Network as composing function | What does a network of networks do?
12 | regions | Example of Multi Layer Perceptron (MLP) | What does a network do to the plane?
13 | bounds | Shallow vs deep networks | How many regions does a parameter buy?
14 | random-labels | Shallow vs deep networks | Can a network learn labels without meaning?
15 | image | Image as function | How much of an image fits into a network?
16 | shapes | Representation for 3D deep learning | What does a shape cost, and how near is it?
17 | surface | Surface as decision boundary | Where exactly is a network zero?
18 | parameters | SDF | How many layers make six million parameters?
19 | zero-gradients | Zero Gradients Problem | Why can no descent follow the number of errors?
20 | relaxation | Work-around for Zero Gradients | How far is the sigmoid from the step?
21 | quadratic | Quadratic Loss | Why does a badly wrong example hardly pull?
22 | cross-entropy | Cross-Entropy Loss | What does cross entropy measure?
23 | sigmoids | Towards Multi-label Classification | Are K sigmoids a distribution?
24 | softmax | Soft-Max Function | What does softmax make of logits?
25 | multiclass | Cross-Entropy Loss, general multi-class case | Where does each logit have to go?
26 | argmax | soft-max vs arg-max | Where does each class win?
27 | training | Next: how to train neural networks? | What does training move, and how far does it get?
"""

QUESTIONS = tuple(
    Question(int(number), *rest) for number, *rest in (row.split(" | ") for row in TABLE.split("\n")[1:-1])
)


def question(slug: str) -> Question:
    """Return the question of a name.

    raises   InputError with the names that come close

    >>> question("shallow").number
    7
    """
    found = {one.slug: one for one in QUESTIONS}
    if not isinstance(slug, str) or slug not in found:
        close = get_close_matches(slug, found) if isinstance(slug, str) else []
        hint = f"Did you mean {' or '.join(close)}?" if close else "Try foldline figure --list."
        raise InputError(f"figure needs the name of a figure of the lecture; got {slug!r}. {hint}")
    return found[slug]
