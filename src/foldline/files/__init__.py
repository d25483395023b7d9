"""Files to values and values to files: one file a format, one table of suffixes, one door each way."""

from .answer import holds_answer as holds_answer
from .answer import read_regions as read_regions
from .formats import read as read
from .formats import read_mesh as read_mesh
from .formats import read_network as read_network
from .formats import read_samples as read_samples
from .formats import write as write
from .table import TableOptions as TableOptions
from .table import read_table as read_table
