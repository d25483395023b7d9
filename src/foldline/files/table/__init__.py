"""Tables in CSV files -> samples."""

from typing import TYPE_CHECKING

from ...lazy import lazily

if TYPE_CHECKING:
    from .options import TableOptions as TableOptions
    from .reading import read_table as read_table

_PLACES = {"TableOptions": "options", "read_table": "reading"}
__getattr__, __dir__ = lazily(__name__, _PLACES)
