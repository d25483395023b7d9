"""ES modules that import each other -> one script: for pages that open from a folder, and for notebooks.

The modules of a page import by ``import {a, b as c} from "./file.js";`` on one line and export declarations only; each
becomes a function that is called once and returns what it exports.  No other syntax of modules is used, which a test
holds.
"""

from __future__ import annotations

import re
from functools import cache
from posixpath import dirname, join, normpath

from .shell import PAGE, SOLID

IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)
LEFT = re.compile(r"^\s*(import|export)\b.*$", re.MULTILINE)


@cache
def source(name: str) -> str:
    """Return the text of a module of the page, named from the folder of pages; the 3-D view is the report's."""
    return SOLID.read_text() if name == "core/solid.js" else PAGE.joinpath(name).read_text()


def bundle(*entries: str) -> str:
    """Return one script that defines what each module exports, after all that it imports, each once.

    raises   AssertionError if a module imports or exports in another way

    >>> bundle("core/dom.js").startswith("const $core_dom_js = (() => {")
    True
    """
    done: dict[str, str] = {}
    for entry in entries:
        _add(entry, done)
    return "\n".join(done.values())


def named(module: str) -> str:
    """Return the name that a module's exports have in a bundle.

    >>> named("pages/two-outputs.js")
    '$pages_two_outputs_js'
    """
    return "$" + re.sub(r"\W", "_", module)


def _add(name: str, done: dict[str, str]) -> None:
    """Put a module behind those it imports."""
    if name in done:
        return
    text = source(name)
    for _, there in IMPORT.findall(text):
        _add(_path(name, there), done)
    exported = [found for _, found in EXPORT.findall(text)]
    inside = EXPORT.sub(r"\1", IMPORT.sub(lambda m: _taken(name, m[1], m[2]), text))
    if LEFT.search(inside):
        raise AssertionError(f"{name} imports or exports in a way that is not bundled")
    done[name] = f"const {named(name)} = (() => {{\n{inside}\nreturn {{{', '.join(exported)}}};\n}})();"


def _path(here: str, there: str) -> str:
    return normpath(join(dirname(here), there))


def _taken(here: str, names: str, there: str) -> str:
    parts = ", ".join(part.strip().replace(" as ", ": ") for part in names.split(","))
    return f"const {{{parts}}} = {named(_path(here, there))};"
