"""Files to values."""

from .kinds import read as read
from .regions_file import read_regions as read_regions
