"""What the documents of all answers have in common: CSV, JSON, GeoJSON, and what they say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..text import csv_text, json_text

if TYPE_CHECKING:
    from ..network import Network

AXES = "xyz"


def table(header: list[str], rows: Any) -> bytes:
    """Return a CSV table."""
    return csv_text([header, *rows]).encode()


def document(value: dict[str, Any]) -> bytes:
    """Return a JSON document."""
    return (json_text(value) + "\n").encode()


def features(parts: list[dict[str, Any]]) -> bytes:
    """Return a GeoJSON document of features."""
    return document({"type": "FeatureCollection", "features": parts})


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    """Return one GeoJSON feature."""
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": properties,
    }


def said(value: Any) -> dict[str, Any]:
    """Return what an answer says of itself: its box, and how good it is."""
    words = ("certified", "complete", "explored", "engine", "seconds")
    return {"box": [value.box.lo.tolist(), value.box.hi.tolist()]} | {word: getattr(value, word) for word in words}


def columns(network: Network) -> dict[str, Any]:
    """Return what the inputs and the first output of a network are called, where it remembers that."""
    words = (("inputs", "names"), ("target", "target"))
    return {word: network.meta[key] for word, key in words if network.meta.get(key)}
