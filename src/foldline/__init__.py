"""foldline: fit a ReLU network, then see exactly what it learned."""

from .box import Box as Box
from .errors import FoldlineError as FoldlineError
from .exact.surface import surface as surface
from .fit import fit as fit
from .mesh import Mesh as Mesh
from .network import Network as Network
from .read import read as read
from .samples import Samples as Samples

__version__ = "0.1.0"
