"""Knobs: fields of a question's state that have no place on a panel, with the kind and limits their schema gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..lecture.questions import Question


def knobs(asked: Question, paths: Iterable[str]) -> list[dict[str, Any]]:
    """Return for each path of a field its kind (choice, switch, list, whole, number) and what it may be.

    >>> from ..lecture.questions import question
    >>> knobs(question("line"), ["steps"])
    [{'path': 'steps', 'kind': 'whole', 'lo': 0, 'hi': 10000}]
    """
    return knobs_of(asked.schema(), paths)


def knobs_of(schema: dict[str, Any], paths: Iterable[str]) -> list[dict[str, Any]]:
    """Return the same for any state's schema."""
    return [{"path": path, **_knob(_at(schema, path.split(".")))} for path in paths]


def _at(schema: dict[str, Any], path: list[str]) -> dict[str, Any]:
    found = _inner(schema["properties"][path[0]])
    for part in path[1:]:
        found = _inner(found["prefixItems"][int(part)] if "prefixItems" in found else found["items"])
    return found


def _inner(schema: dict[str, Any]) -> dict[str, Any]:
    return schema["anyOf"][0] if "anyOf" in schema else schema


def _knob(schema: dict[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return {"kind": "choice", "of": schema["enum"]}
    if schema["type"] == "boolean":
        return {"kind": "switch"}
    if schema["type"] == "array":
        return {"kind": "list"}
    kind = "whole" if schema["type"] == "integer" else "number"
    return {"kind": kind, "lo": schema.get("minimum"), "hi": schema.get("maximum")}
