"""Files to values and values to files: one file a format, one table of suffixes, one door each way."""

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .answer import holds_answer as holds_answer
    from .answer import read_regions as read_regions
    from .formats import read as read
    from .formats import read_mesh as read_mesh
    from .formats import read_network as read_network
    from .formats import read_samples as read_samples
    from .formats import write as write
    from .table.options import TableOptions as TableOptions
    from .table.reading import read_table as read_table
    from .told import read_told as read_told

_PLACES = {
    "holds_answer": "answer", "read_regions": "answer", "read": "formats", "read_mesh": "formats",
    "read_network": "formats", "read_samples": "formats", "write": "formats", "TableOptions": "table.options",
    "read_table": "table.reading", "read_told": "told",
}  # fmt: skip
__getattr__, __dir__ = lazily(__name__, _PLACES)
