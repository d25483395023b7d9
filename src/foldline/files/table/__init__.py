"""Tables in CSV files -> samples."""

from .options import TableOptions as TableOptions
from .reading import read_table as read_table
