"""foldline: fit a ReLU network, then see exactly what it learned."""

from importlib import import_module
from typing import TYPE_CHECKING

from .box import Box as Box
from .errors import FoldlineError as FoldlineError
from .files import read as read
from .files import read_mesh as read_mesh
from .files import read_network as read_network
from .files import read_regions as read_regions
from .files import read_samples as read_samples
from .fit import fit as fit
from .mesh import Mesh as Mesh
from .network import Network as Network
from .samples import Samples as Samples
from .version import __version__ as __version__

if TYPE_CHECKING:
    from .classes.fitting import fit_shapes as fit_shapes
    from .data.folding import folding as folding
    from .exact.boundary import Boundary as Boundary
    from .exact.boundary import boundary as boundary
    from .exact.bounds import bounds as bounds
    from .exact.check.check import check as check
    from .exact.contours import Contours as Contours
    from .exact.contours import contours as contours
    from .exact.decisions import Decisions as Decisions
    from .exact.decisions import decisions as decisions
    from .exact.explain import Explanation as Explanation
    from .exact.explain import explain as explain
    from .exact.regions import Regions as Regions
    from .exact.regions import count as count
    from .exact.regions import regions as regions
    from .exact.slopes import Slopes as Slopes
    from .exact.slopes import slopes as slopes
    from .exact.surface import Surface as Surface
    from .exact.surface import surface as surface
    from .exact.work import Budget as Budget
    from .lab.widget import widget as widget

# The exact engine is loaded by the first question to it, so that the command line starts at once.
_EXACT = {
    "Boundary": "exact.boundary", "boundary": "exact.boundary", "bounds": "exact.bounds", "Budget": "exact.work",
    "check": "exact.check.check", "Contours": "exact.contours", "contours": "exact.contours",
    "Decisions": "exact.decisions", "decisions": "exact.decisions",
    "Explanation": "exact.explain", "explain": "exact.explain",
    "folding": "data.folding", "Regions": "exact.regions", "count": "exact.regions", "regions": "exact.regions",
    "fit_shapes": "classes.fitting",
    "Slopes": "exact.slopes", "slopes": "exact.slopes", "Surface": "exact.surface", "surface": "exact.surface",
    "widget": "lab.widget",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _EXACT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_EXACT[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXACT} - {"TYPE_CHECKING", "import_module"})
