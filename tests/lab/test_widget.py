"""A page in a notebook: the same questions over the widget's channel, without a server."""

from __future__ import annotations

import base64
from typing import Any

import pytest

import foldline as fl
from foldline.errors import InputError
from foldline.lab.bundle import bundle
from foldline.lab.widget import style
from foldline.lecture.live.page import tell
from foldline.lecture.questions import QUESTIONS

from .lab import library_says, page_says, told
from .test_pages import drag

pytest.importorskip("anywidget")


def heard(page: Any) -> list[tuple[dict[str, Any], list[bytes]]]:
    sent: list[tuple[dict[str, Any], list[bytes]]] = []
    page.send = lambda message, buffers: sent.append((message, buffers))
    return sent


def test_a_widget_answers_a_drag_as_the_library_does() -> None:
    page = fl.widget("shallow", x=0.25)
    sent, deed = heard(page), {"drag": "joint.1", "to": [0.45, 0.0]}
    page.desk.take({"kind": "ask", "id": 3, "slug": "shallow", "state": page.state, "deed": deed})
    (message, buffers), told = sent[0], tell("shallow", {"x": 0.25}, deed)
    assert message["id"] == 3 and message["state"] == told.state == page.state
    assert buffers and page.numbers["joints"].tolist() == told.numbers["joints"].tolist()


def test_a_widget_says_what_is_wrong_and_leaves_the_notebooks_style_alone() -> None:
    page = fl.widget("shallow")
    sent = heard(page)
    page.desk.take({"kind": "ask", "id": 1, "slug": "shallow", "state": {"y": 1}})
    assert sent[0][0]["kind"] == "error" and "shallow needs fields" in sent[0][0]["text"]
    assert ":root" not in style() and "html" not in style()
    with pytest.raises(InputError, match="Did you mean shallow"):
        fl.widget("shalow")
    with pytest.raises(InputError, match="needs fields of its state"):
        fl.widget("shallow", place=1)


# What anywidget does in a notebook's page: a module with render, traits by get, messages with buffers both ways.
HOST = """async ({esm, css, traits}) => {
  const hearers = {}, style = document.createElement("style"), el = document.createElement("div");
  const view = text => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
  const model = {
    get: name => traits[name], on: (name, hear) => (hearers[name] ??= []).push(hear),
    send: async message => {
      for (const [told, bytes] of await kernel(message)) hearers["msg:custom"].forEach(f => f(told, bytes.map(view)));
    },
  };
  style.textContent = css; document.body.append(style, el);
  const url = URL.createObjectURL(new Blob([esm], {type: "text/javascript"}));
  (await import(url)).default.render({model, el});
}"""


@pytest.mark.parametrize("slug", ["shallow", "regions"])
def test_a_widgets_module_drags_in_a_notebooks_page(slug: str, chromium: Any) -> None:
    page, widget, errors = chromium.new_page(), fl.widget(slug), []
    sent = heard(widget)

    def kernel(message: dict[str, Any]) -> list[Any]:
        sent.clear()
        widget.desk.take(message)
        return [[told, [base64.b64encode(one).decode() for one in buffers]] for told, buffers in sent]

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/*", lambda route: route.fulfill(body="<body>", content_type="text/html"))
    page.expose_function("kernel", kernel)
    page.goto("http://notebook.test/")
    traits = {"facts": widget.facts, "embed": widget.embed}
    page.evaluate(HOST, {"esm": widget._esm, "css": widget._css, "traits": traits})
    first = told(page)
    assert page_says(first) == library_says(slug, first["state"])
    drag(page, page.locator(".handle").first, 23, -17)
    moved = told(page)
    assert moved["state"] != first["state"] and page_says(moved) == library_says(slug, moved["state"])
    assert widget.state == moved["state"] and errors == []
    page.close()


@pytest.mark.parametrize("slug", [one.slug for one in QUESTIONS])
def test_the_modules_of_a_page_become_one_script(slug: str) -> None:
    script = bundle(f"pages/{slug}.js")
    assert script.index("$core_dom_js = ") < script.index("$core_plot_js = ") < script.index("$core_figure_js = ")
    assert script.count("$core_dom_js = ") == 1 and "\nexport " not in script
