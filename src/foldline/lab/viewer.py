"""The viewer's messages: what was opened when the lab began, or on the page since; its surface and its planes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files import read
from ..lecture.live.opened import opened as view_of
from ..lecture.live.view import State, View
from ..lecture.wire import plain, schema
from ..mesh import Mesh
from ..text import short
from .answers import told
from .desk import Job
from .knobs import knobs_of
from .playground import opened

MESHES = ("ply", "obj", "stl", "off", "glb")
PICTURES = ("png", "jpg", "jpeg", "webp", "asc")
KNOWN = ("safetensors", "onnx", "npz", "nnet", *MESHES, "csv", "tsv", *PICTURES)
NETWORKS = ("network.safetensors", "network.onnx", "network.npz")  # of a fit's folder
EXAMPLE = "controller.npz"


class Viewer:
    """One page's opened value; each page has its own, and begins with that of the lab."""

    def __init__(self, view: View | None) -> None:
        self.view = view
        self.works = {"view": self.ask, "views": self.fixed, "open": self.open, "against": self.against}

    def ask(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Return what is shown on a plane."""
        state, deed = message.get("state") or {}, message.get("deed")

        def callback(done: Any, of: Any, shown: Mapping[str, Any] | None = None) -> None:
            job.progress(done, of)
            if shown is not None:
                job.tell("part", shown=shown)

        how: dict[str, Any] = {"moving": bool(message.get("moving")), "callback": callback}
        return told(self._view.tell(state, deed if isinstance(deed, Mapping) else None, **how))

    def fixed(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Return what stays while the plane moves."""
        return {"kind": "fixed", "shown": self._view.fixed}

    def open(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Take a file whose bytes come in the message."""
        suffix, name = str(message.get("suffix")), short(str(message.get("name")), 60)
        self.view = view_of(opened(suffix, message.get("bytes"), KNOWN), name)
        return {"kind": "opened", "name": name}

    def against(self, message: Mapping[str, Any], job: Job) -> dict[str, Any]:
        """Take a mesh, whose bytes come in the message, that the surface is measured against."""
        suffix, name = str(message.get("suffix")), short(str(message.get("name")), 60)
        mesh = opened(suffix, message.get("bytes"), MESHES)
        if not isinstance(mesh, Mesh):
            raise InputError(f"viewer measures against a mesh; {name} holds a {type(mesh).__name__}. Open another.")
        self.view = view_of(self._view.value, self._view.name, mesh)
        return {"kind": "opened", "name": name}

    @property
    def _view(self) -> View:
        if self.view is None:
            from ..lecture.kept import network

            self.view = view_of(network(EXAMPLE), "a pendulum's controller")
        return self.view


def open_path(path: Path) -> View:
    """Return the view of a file, or of the network in a fit's folder.

    raises   InputError for a folder without one; as ``read`` does
    """
    if path.is_dir():
        found = next((path / name for name in NETWORKS if (path / name).is_file()), None)
        if found is None:
            raise InputError(f"lab needs a file, or a folder with {' or '.join(NETWORKS)}; got {path}. Name the file.")
        return view_of(read(found), path.name)
    return view_of(read(path), path.name)


def facts() -> dict[str, Any]:
    """Return what the viewer's page knows before it asks."""
    kinds = knobs_of(schema(State), ("axes", "reach", "level", "away", "exact"))
    return {"slide": "", "number": "", "long": True, "beats": [{}], "state": plain(State()), "knobs": kinds,
            "overlay": False, "adds": False, "fixed": True}  # fmt: skip
