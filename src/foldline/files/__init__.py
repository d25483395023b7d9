"""Files to values and values to files: one table of suffixes, one door each way."""

from .formats import read as read
from .mesh_writing import write_mesh as write_mesh
from .network_writing import write_network as write_network
from .regions_reading import read_regions as read_regions
from .regions_writing import write_regions as write_regions
