"""One answer as a page: its picture, or the 3-D view of a surface, and its facts in words."""

from __future__ import annotations

from typing import Any

from ...exact.boundary import Boundary
from ...exact.bounds import bounds
from ...exact.decisions import Decisions
from ...exact.regions import Regions
from ...exact.surface import Surface
from ...exact.terrain.contours import Contours
from ...facts import answers
from ...facts.facts import Fact
from ...facts.values import facts_of, surface_facts
from ...files.told import Told
from ...mesh import Mesh
from ...text import page_text
from ..picture import Picture
from .inline import inline_svg
from .parts import page, table_of
from .viewer import solid_view


def answer_page(drawn: Picture, value: Any, *, source: str) -> str:
    """Return the page of one value, its picture given; a surface and a mesh are turned in 3-D instead."""
    mesh = _mesh_of(value)
    shown = f'<figure class="drawing">{inline_svg(drawn)}</figure>' if mesh is None else solid_view(mesh)
    lead = ". ".join(page_text(part) for part in (drawn.title, drawn.said) if part)
    return page(source, lead, [shown, f"<section><h2>In numbers</h2>{table_of(_rows(value))}</section>"])


def _mesh_of(value: Any) -> Mesh | None:
    if isinstance(value, Surface) and not isinstance(value.shape, Boundary):
        return value.mesh
    if isinstance(value, Boundary) and value.d == 3:
        return value.mesh
    return value if isinstance(value, Mesh) else None


def _rows(value: Any) -> list[Fact]:
    """The facts of a value in words."""
    if isinstance(value, Regions):
        return answers.regions_facts(value, bounds(value.network)).rows()
    if isinstance(value, Decisions):
        return answers.decisions_facts(value, bounds(value.network)).rows()
    if isinstance(value, Surface) and _mesh_of(value) is not None:
        return surface_facts(value).rows()
    if isinstance(value, Boundary | Surface):
        return answers.boundary_facts(value if isinstance(value, Boundary) else value.lines).rows()
    if isinstance(value, Told):
        return answers.told_facts(value).rows()
    if isinstance(value, Contours):
        return answers.contours_facts(value).rows()
    return facts_of(value).rows()
