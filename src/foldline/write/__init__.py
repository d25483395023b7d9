"""Values to files, each written whole or not at all."""

from .atomic import result_folder as result_folder
from .atomic import write_bytes as write_bytes
from .mesh_file import write_mesh as write_mesh
from .model_file import write_network as write_network
from .regions_file import write_regions as write_regions
