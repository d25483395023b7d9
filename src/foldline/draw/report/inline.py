"""Pictures inside a page."""

from __future__ import annotations

import re

from ..picture import Picture

NOTES = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)  # of a file of its own
STYLE = re.compile(r"<defs>\s*<style[^>]*>[^<]*</style>\s*</defs>")  # of all of the page, where it stands in one


def inline_svg(drawn: Picture) -> str:
    """Return a picture as SVG that stands in a page; what it says of itself is its label."""
    text = drawn.encode("svg").decode()
    inside = NOTES.sub("", STYLE.sub("", text[text.index("<svg") :].strip(), count=1), count=1)
    return inside.replace("<svg ", '<svg role="img" style="stroke-linejoin: round; stroke-linecap: butt" ', 1)
