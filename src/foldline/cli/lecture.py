"""The verbs that show the lecture: its figures, drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import FileError, InputError
from ..text import json_text
from .app import SEEING, How, Writing, verb

if TYPE_CHECKING:
    from rich.text import Text

    from ..lecture.printed import Claim
    from ..lecture.questions import Question


@verb(SEEING, "foldline figure shallow xor --out out/figures")
def figure(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Figures; see --list.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Draw all of them.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Say which figures there are.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for NAME.svg and NAME.png.")] = Path("out/figures"),
    slide: Annotated[bool, typer.Option("--slide", help="16:9, each panel a page: NAME-1.svg, ...")] = False,
    dark: Annotated[bool, typer.Option("--dark", help="Light on dark.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="NAME.pdf as well.")] = False,
    *,
    how: Writing,
) -> None:
    """Draw figures of the lecture from foldline's own answers, as SVG, PNG and PDF; --all writes a gallery, too."""
    from ..lecture.questions import QUESTIONS, question

    if listed:
        _list(QUESTIONS, how)
        return
    if bool(names) == every:
        raise InputError("figure needs names, or --all; got " + ("both." if every else "neither. Try --list."))
    entries = QUESTIONS if every else [question(name) for name in dict.fromkeys(names or ())]
    made = _drawn(entries, out, _Drawing(slide, dark, ("svg", "png", *(["pdf"] if pdf else []))), how)
    if every:
        index = _gallery(made, out, dark, how.force)
        how.say.print(f"{'all of them':15s} {index}")
    if how.as_json:
        print(json_text({"figures": made}))


@dataclass(frozen=True)
class _Drawing:
    """How figures are drawn."""

    slides: bool
    dark: bool
    kinds: tuple[str, ...]


def _drawn(entries: Sequence[Question], out: Path, drawing: _Drawing, how: Writing) -> list[dict[str, Any]]:
    """Draw one after the other, each written before the next begins; what cannot be written is refused first."""
    from ..draw.lecture.figures import draw

    _check_free(entries, out, drawing, how.force)
    made = []
    for one in entries:
        with how.show.status(f"drawing {one.slug}"):
            page = draw(one.slug, slides=drawing.slides, dark=drawing.dark)
            files = page.save(out, one.slug, kinds=drawing.kinds, force=how.force)
        how.say.print(f"{one.slug:15s} {'  '.join(map(str, files))}")
        made.append(_facts(one) | {"files": [str(file) for file in files], "numbers": dict(page.numbers)})
    return made


def _check_free(entries: Sequence[Question], out: Path, drawing: _Drawing, force: bool) -> None:
    """Refuse, before anything is asked, a folder that is none and files that are there."""
    from ..atomic import check_free

    if out.exists() and not out.is_dir():
        raise FileError(f"--out needs a folder; got the file {out}. Choose another name.")
    out.mkdir(parents=True, exist_ok=True)
    for one in entries:
        for kind in drawing.kinds:
            check_free(out / f"{one.slug}{'-1' if drawing.slides and kind != 'pdf' else ''}.{kind}", force=force)


def _gallery(made: Sequence[dict[str, Any]], out: Path, dark: bool, force: bool) -> Path:
    """Write a page of all figures."""
    from ..atomic import write_bytes
    from ..draw.gallery import gallery

    entries = [(one["question"], one["slide"], [Path(file).name for file in one["files"]]) for one in made]
    return write_bytes(out / "index.html", gallery(entries, dark=dark).encode(), force=force)


def _facts(one: Question) -> dict[str, Any]:
    return {"name": one.slug, "row": one.number, "slide": one.slide, "question": one.title}


def _list(entries: tuple[Question, ...], how: How) -> None:
    from rich.text import Text

    if how.as_json:
        print(json_text({"figures": [_facts(one) for one in entries]}))
        return
    wide, asked = (max(len(getattr(one, part)) for one in entries) for part in ("slug", "title"))
    for one in entries:
        how.say.print(Text.assemble(f"{one.number:3}  {one.slug:{wide}}  {one.title:{asked}}  ", (one.slide, "dim")))


@verb(SEEING, "foldline lecture --json")
def lecture(how: How) -> None:
    """Say every number printed on the slides beside the true one, and the command that shows it; errata are marked."""
    from ..lecture.printed import lecture_rows

    with how.show.status("asking every question"):
        rows = lecture_rows()
    if how.as_json:
        print(json_text({"rows": [asdict(row) for row in rows]}))
        return
    for line in _lines(rows):
        how.say.print(line)


def _lines(rows: tuple[Claim, ...]) -> list[Text]:
    """A heading a slide; for each number a line in columns and, unbroken so that it can be copied, its command."""
    from rich.text import Text

    wide, printed = (max(len(getattr(row, name)) for row in rows) for name in ("what", "printed"))
    lines = [Text(f"  {'':{wide}}  {'printed':>{printed}}  true", style="dim")]
    slide = ""
    for row in rows:
        if row.slide != slide:
            slide = row.slide
            lines.append(Text.assemble((f"\n{slide}", "bold"), (f"    foldline figure {row.figure}", "dim")))
        mark = (f"{row.true}  ✗ {row.note}", "bold red") if row.erratum else (row.true, "")
        lines.append(Text.assemble(f"  {row.what:{wide}}  ", (f"{row.printed:>{printed}}", "dim"), "  ", mark))
        lines.append(Text(f"    {row.command}", style="cyan"))
    wrong = sum(row.erratum for row in rows)
    return [*lines, Text(f"\n{len(rows)} prints, {wrong} of them wrong (✗); every true number was computed just now")]
