"""A page of figures that are already drawn: links to the files beside it, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..colour import hexes, srgb
from ..text import page_text

LIGHT = ("#ffffff", "#1d232b", "#66707c", "#dde1e6")  # paper, ink, soft, faint
DARK = (*hexes(srgb([0.18, 0.94, 0.75, 0.32], 0.0, 0.0)),)

STYLE = """body{{margin:0 auto;max-width:1500px;padding:24px;background:{0};color:{1};
 font:16px/1.4 system-ui,sans-serif}}
main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(420px,100%),1fr));gap:24px}}
figure{{margin:0;padding:12px;border:1px solid {3};border-radius:8px}}img{{width:100%;height:auto;display:block}}
figcaption{{padding-top:8px}}small,a{{color:{2}}}a{{margin-right:.8em}}a:focus,a:hover{{color:{1}}}"""


def gallery(entries: Sequence[tuple[str, str, Sequence[str]]], *, dark: bool = False) -> str:
    """Return a page that shows figures by the files beside it.

    entries   (question, slide, names of files) each; PNGs are shown, the others linked

    >>> "shallow.png" in gallery([("How?", "a slide", ["shallow.svg", "shallow.png"])])
    True
    """
    cards = "\n".join(_card(*entry) for entry in entries)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Figures</title><style>{STYLE.format(*(DARK if dark else LIGHT))}</style>\n"
        f"<h1>The lecture, figure by figure</h1>\n<main>\n{cards}\n</main></html>\n"
    )


def _card(question: str, slide: str, files: Sequence[str]) -> str:
    pictures = [file for file in files if file.endswith(".png")]
    shown = "".join(
        f'<img loading="lazy" src="{quote(file)}" alt="{page_text(question)}{f", page {k + 1}" if k else ""}">'
        for k, file in enumerate(pictures)
    )
    links = "".join(f'<a href="{quote(file)}">{page_text(file)}</a>' for file in files)
    said = f"<b>{page_text(question)}</b><br><small>{page_text(slide)}</small><br>{links}"
    return f"<figure>{shown}<figcaption>{said}</figcaption></figure>"
