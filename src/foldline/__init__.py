"""foldline: fit a ReLU network, then see exactly what it learned."""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from .lazy import lazily
from .version import __version__ as __version__

if TYPE_CHECKING:
    from .box import Box as Box
    from .classes.fitting import fit_shapes as fit_shapes
    from .cloud import Cloud as Cloud
    from .data.folding import folding as folding
    from .draw.displays import BoundaryDisplay as BoundaryDisplay
    from .draw.displays import RegionDisplay as RegionDisplay
    from .errors import FoldlineError as FoldlineError
    from .estimators import FoldClassifier as FoldClassifier
    from .estimators import FoldRegressor as FoldRegressor
    from .estimators import PerceptronClassifier as PerceptronClassifier
    from .exact.boundary import Boundary as Boundary
    from .exact.boundary import boundary as boundary
    from .exact.bounds import bounds as bounds
    from .exact.check.check import check as check
    from .exact.decisions import Decisions as Decisions
    from .exact.decisions import decisions as decisions
    from .exact.explain import Explanation as Explanation
    from .exact.explain import explain as explain
    from .exact.regions import Regions as Regions
    from .exact.regions import regions as regions
    from .exact.surface import Surface as Surface
    from .exact.surface import surface as surface
    from .exact.terrain.contours import Contours as Contours
    from .exact.terrain.contours import contours as contours
    from .exact.terrain.slopes import Slopes as Slopes
    from .exact.terrain.slopes import slopes as slopes
    from .exact.totals import Totals as Totals
    from .exact.totals import count as count
    from .exact.totals import totals as totals
    from .exact.work import Budget as Budget
    from .files import read as read
    from .files import read_mesh as read_mesh
    from .files import read_network as read_network
    from .files import read_regions as read_regions
    from .files import read_samples as read_samples
    from .fit import fit as fit
    from .forms import convert as convert
    from .lab.widget import widget as widget
    from .mesh import Mesh as Mesh
    from .network import Network as Network
    from .polytope import Polytope as Polytope
    from .samples import Samples as Samples
    from .scenes.fitting import fit_scene as fit_scene

# Every name is loaded by its first use: the command line starts without NumPy.
_PLACES = {
    "Box": "box",
    "fit_shapes": "classes.fitting",
    "Cloud": "cloud",
    "folding": "data.folding",
    "BoundaryDisplay": "draw.displays",
    "RegionDisplay": "draw.displays",
    "FoldlineError": "errors",
    "FoldClassifier": "estimators",
    "FoldRegressor": "estimators",
    "PerceptronClassifier": "estimators",
    "Boundary": "exact.boundary",
    "boundary": "exact.boundary",
    "bounds": "exact.bounds",
    "check": "exact.check.check",
    "Contours": "exact.terrain.contours",
    "contours": "exact.terrain.contours",
    "Decisions": "exact.decisions",
    "decisions": "exact.decisions",
    "Explanation": "exact.explain",
    "explain": "exact.explain",
    "Regions": "exact.regions",
    "regions": "exact.regions",
    "Slopes": "exact.terrain.slopes",
    "slopes": "exact.terrain.slopes",
    "Surface": "exact.surface",
    "surface": "exact.surface",
    "Totals": "exact.totals",
    "count": "exact.totals",
    "totals": "exact.totals",
    "Budget": "exact.work",
    "read_regions": "files.answer",
    "read": "files.formats",
    "read_mesh": "files.formats",
    "read_network": "files.formats",
    "read_samples": "files.formats",
    "fit": "fit.fitting",
    "convert": "forms",
    "widget": "lab.widget",
    "Mesh": "mesh",
    "Network": "network",
    "Polytope": "polytope",
    "Samples": "samples",
    "fit_scene": "scenes.fitting",
}
_load, _names = lazily(__name__, _PLACES)
__all__ = [*sorted(_PLACES), "__version__"]


def __getattr__(name: str) -> object:
    value = globals()[name] = _load(name)
    return value


def __dir__() -> list[str]:
    return [*_names(), "__version__"]


class _Face(ModuleType):
    """The package; loading its room of fits does not hide the function that has the room's name."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name == "fit" and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
