"""What the documentation adds to Sphinx: the house's docstrings as lists, tables made from the code, drawn examples."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx

ENTRY = re.compile(r"^(?P<names>[\w*][\w.*-]*(?:, [\w*][\w.*-]*)*(?: -> \w+)?) {2,}(?P<text>\S.*)$")
LITERAL = re.compile(r"``.+?``|`[^`]+`")
BARE = re.compile(r"(?<!\\)\|")  # a bar that would end a cell
SLUG = re.compile(r"`foldline figure ([a-z-]+)`")


def plain(text: str) -> str:
    """Return text as reStructuredText that shows it as it is, code in backticks apart."""
    parts, at = [], 0
    for found in LITERAL.finditer(text):
        parts += [escaped(text[at : found.start()]), "``" + found[0].strip("`") + "``"]
        at = found.end()
    return "".join([*parts, escaped(text[at:])])


def escaped(text: str) -> str:
    return re.sub(r"_(?!\w)", r"\\_", re.sub(r"([\\*|`])", r"\\\1", text))


def told(lines: list[str]) -> Iterator[str]:
    """Docstring lines as reStructuredText: columns of names and texts become a list, examples stay as they are."""
    example, listing = False, False
    for line in lines:
        example = line.startswith(">>>") or (example and bool(line.strip()))
        entry = None if example else ENTRY.match(line)
        if entry:
            yield from ([] if listing else [""])
            yield f"**{plain(entry['names'])}**"
            yield f"    {plain(entry['text'])}"
        elif listing and line.startswith(" "):
            yield f"    {plain(line.strip())}"
        else:
            yield from ([""] if listing and line.strip() else [])
            yield line if example else " " * (len(line) - len(line.lstrip())) + plain(line.strip())
        listing = bool(entry) or (listing and line.startswith(" "))


def docstring(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Rewrite a docstring in place, as autodoc's event asks."""
    lines[:] = list(told(lines))


def signature(
    app: Sphinx, what: str, name: str, obj: object, options: object, given: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Return a signature with its aliases as they are written."""
    written = [part and re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", part) for part in (given, returned)]
    return written[0], written[1]


def units() -> tuple[list[str], list[list[str]]]:
    """The rows of ``activations.UNITS``."""
    from foldline.activations import UNITS

    rows = [
        [f"``{name}``", ", ".join(f"{joint:g}" for joint in unit.joints or ()) or "none",
         ", ".join(f"{slope:g}" for slope in unit.slopes or ()) or "smooth or a step"]
        for name, unit in UNITS.items()
    ]  # fmt: skip
    return ["unit", "joints", "slopes"], rows


def losses() -> tuple[list[str], list[list[str]]]:
    """The rows of ``losses.LOSSES``."""
    from foldline.losses import LOSSES

    return ["loss", "largest curvature"], [[f"``{name}``", f"{loss.curvature:g}"] for name, loss in LOSSES.items()]


def formats() -> tuple[list[str], list[list[str]]]:
    """The rows of ``files.formats.FORMATS``."""
    from foldline.files.formats import FORMATS

    rows = [
        [f"``{one.suffix}``", one.kind, "yes" if one.read else "", "yes" if one.make else "",
         ", ".join(f"``{option}``" for option in one.options)]
        for one in sorted(FORMATS, key=lambda one: (one.kind, one.suffix))
    ]  # fmt: skip
    return ["suffix", "holds", "read", "written", "options of its reader"], rows


def tasks() -> tuple[list[str], list[list[str]]]:
    """The rows of ``tasks.TASKS``."""
    from foldline.tasks import TASKS

    rows = [
        [name, ", ".join(f"``{loss}``" for loss in task.losses), str(task.steps), str(task.batch), task.architecture,
         ", ".join(f"``{measure}``" for measure in task.measures)]
        for name, task in TASKS.items()
    ]  # fmt: skip
    return ["kind", "losses", "steps", "batch", "architecture", "measures"], rows


def verbs() -> tuple[list[str], list[list[str]]]:
    """The verbs of the command line, from the program itself."""
    import typer

    from foldline.cli import app

    group = typer.main.get_command(app)
    commands = sorted(group.commands.items())  # type: ignore[attr-defined]
    return ["verb", "what it does", "example"], [
        [f"``foldline {name}``", escaped(one.get_short_help_str(200)), f"``{(one.epilog or '').partition(': ')[2]}``"]
        for name, one in commands
    ]


TABLES: dict[str, Callable[[], tuple[list[str], list[list[str]]]]] = {
    "units": units, "losses": losses, "formats": formats, "tasks": tasks, "verbs": verbs,
}  # fmt: skip


class Table(Directive):
    """``{made-table} units``: a table of the code, made from the code."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        head, rows = TABLES[self.arguments[0]]()
        cells = [[BARE.sub(r"\|", cell) for cell in row] for row in (head, ["---"] * len(head), *rows)]
        lines = [f"| {' | '.join(row)} |" for row in cells]
        node = nodes.container()
        self.state.nested_parse(StringList(lines, source=f"{self.arguments[0]} table"), 0, node)
        if not any(isinstance(child, nodes.table) for child in node.children):
            raise self.error(f"the rows of {self.arguments[0]} make no table")
        return node.children


def drawn(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Put the figure that an example names under it, as sphinx-gallery's scrapers do."""
    from sphinx_gallery.scrapers import figure_rst

    from foldline.draw.lecture.figures import draw

    found = SLUG.search(Path(block_vars["src_file"]).read_text())
    if found is None or block[0] != "code":
        return ""
    path = Path(next(block_vars["image_path_iterator"]))
    path.write_bytes(draw(found[1]).encode("png"))
    return figure_rst([str(path)], gallery_conf["src_dir"])


def notebooks(app: Sphinx) -> None:
    """Copy the notebooks of the examples to where Sphinx finds its pages; the copies are not kept in git."""
    for source in sorted((Path(app.srcdir).parent / "examples/notebooks").glob("*.ipynb")):
        target = Path(app.srcdir, "tutorials", source.name)
        target.parent.mkdir(exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.write_bytes(source.read_bytes())


def setup(app: Sphinx) -> dict[str, bool]:
    """Add all of it."""
    app.connect("autodoc-process-docstring", docstring)
    app.connect("autodoc-process-signature", signature)
    app.connect("builder-inited", notebooks, priority=100)
    app.add_directive("made-table", Table)
    return {"parallel_read_safe": True}
