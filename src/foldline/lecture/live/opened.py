"""What a file held -> the view of it: that of a class of shapes, of a scene, or of any other value."""

from __future__ import annotations

from typing import Any

from ...errors import InputError
from ...mesh import Mesh
from ...network import Network
from ...samples import Samples
from .class_view import ClassView
from .scene_view import SceneView
from .view import View


def opened(value: Any, name: str, against: Mesh | None = None) -> View:
    """Return the view of what a file held.

    name      of the file, shown as text
    against   a mesh that its surface is measured against
    raises    InputError for anything but a network, a mesh or samples
    """
    if not isinstance(value, Network | Mesh | Samples):
        raise InputError(
            f"viewer needs a network, a mesh or samples; {name} holds a {type(value).__name__}. Open another."
        )
    kinds = (ClassView, SceneView) if isinstance(value, Network) else ()
    kind = next((one for one in kinds if isinstance(value, Network) and one.takes(value)), View)
    return kind(value, name, against)  # type: ignore[arg-type]  # one that takes it
