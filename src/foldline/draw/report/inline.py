"""Pictures inside a page, which follow it from light to dark."""

from __future__ import annotations

import re
from hashlib import sha256

from ..paper import PAPER
from ..picture import Picture

NOTES = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)  # of a file of its own
STYLE = re.compile(r"<defs>\s*<style[^>]*>[^<]*</style>\s*</defs>")  # of all of the page, where it stands in one
COLOUR = re.compile(r"(?<=: )#[0-9a-f]{6}(?=[;\"])")  # as Matplotlib writes it


def inline_svg(drawn: Picture) -> str:
    """Return a picture as SVG that stands in a page, on light paper and on dark; what it says of itself is its label.

    Its figure is dark from then on.
    """
    light, dark = map(_inside, drawn.on_both())
    text, style = _themed(light, dark)
    attributes = '<svg role="img" style="stroke-linejoin: round; stroke-linecap: butt" '
    return text.replace("<svg ", attributes, 1).replace(">", f">{style}", 1)


def _inside(text: str) -> str:
    return NOTES.sub("", STYLE.sub("", text[text.index("<svg") :].strip(), count=1), count=1)


def _themed(light: str, dark: str) -> tuple[str, str]:
    """A drawing whose colours are names, and the style that says what they are on light and on dark pages."""
    days, nights = COLOUR.findall(light), COLOUR.findall(dark)
    if len(days) != len(nights):
        return light, ""  # Matplotlib wrote two marks as one, or left out a black: the light drawing is right, too
    pairs = list(zip(days, nights, strict=True))
    kinds = list(dict.fromkeys(pairs))
    mark = "d" + sha256("".join(map("".join, kinds)).encode()).hexdigest()[:8]
    names = {pair: f"var(--{mark}{k})" for k, pair in enumerate(kinds)}
    paper = next((pair for pair in kinds if pair[0] == PAPER != pair[1]), None)
    if paper is not None:  # it is the page's own
        names[paper] = f"var(--paper,{names[paper]})"
    following = map(names.__getitem__, pairs)
    text = COLOUR.sub(lambda _: next(following), light)
    plain = "".join(f"--{mark}{k}:{day};" for k, (day, _) in enumerate(kinds))
    both = "".join(f"--{mark}{k}:light-dark({day},{night});" for k, (day, night) in enumerate(kinds))
    return text, f"<style>:root{{{plain}}}@supports (color:light-dark(#000,#fff)){{:root{{{both}}}}}</style>"
