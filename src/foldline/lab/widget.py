"""A page of the lecture in a notebook: the same module and the same answers over the widget's channel."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from typing import Any

from ..errors import InputError
from ..lecture.questions import question
from .answers import WORKS
from .bundle import bundle, named
from .desk import Desk
from .frames import parted
from .shell import PAGE, facts


class Here(Executor):
    """An executor that works at once, on the thread that asks: a notebook's kernel does one thing at a time."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return the done call."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def widget(slug: str, **fields: Any) -> Any:
    """Return a page of the lecture as a widget: the last expression of a notebook's cell shows it.

    slug     name of the question: "shallow", "regions", ...
    fields   of its state, where it is to begin elsewhere than the slide
    returns  an anywidget; its ``state`` and ``numbers`` follow the hand
    raises   InputError if there is no such question or field, or anywidget is not installed

    >>> widget("shallow", x=0.25).state["x"]
    0.25
    """
    asked = question(slug)
    known = facts(slug)
    begin = known["state"] | dict(fields)
    asked.state(begin)
    try:
        made = _class(slug)(known | {"state": begin})
    except ImportError as error:
        raise InputError(f"widget needs anywidget; got no {error.name}. Install foldline[notebook].") from None
    return made


def style() -> str:
    """Return the pages' style without what is about a whole window: a notebook keeps its own."""
    lines = PAGE.joinpath("lab.css").read_text().replace(", :root", "").splitlines()
    return "\n".join(line for line in lines if not line.startswith("html, body"))


def _class(slug: str) -> Any:
    """The widget's class, made when it is first wanted: anywidget wants script and style in the class."""
    import anywidget
    import traitlets

    entry = f"pages/{slug}.js"

    class Page(anywidget.AnyWidget):
        _esm = f"{bundle(entry)}\nexport default {{render: {named(entry)}.render}};"
        _css = style()
        facts = traitlets.Dict().tag(sync=True)
        embed = traitlets.Bool(True).tag(sync=True)
        state = traitlets.Dict()
        numbers = traitlets.Dict()

        def __init__(self, known: Mapping[str, Any]) -> None:
            super().__init__(facts=dict(known), state=dict(known["state"]))
            self.desk = Desk(WORKS, self.tell, Here())
            self.on_msg(lambda _, message, __: self.desk.take(message))

        def tell(self, message: dict[str, Any]) -> None:
            """Send an answer to the page, and keep what it says."""
            if message["kind"] == "told":
                self.state, self.numbers = message["state"], message["numbers"] or self.numbers
            values, buffers = parted(message)
            self.send(values, buffers)

    return Page
