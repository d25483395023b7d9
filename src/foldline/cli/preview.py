"""The live preview of a fit: the network as it is, above the bar, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from ..network import Network
    from ..samples import Samples

ROWS = 24  # of characters, at most
REST = 4  # rows that are left to the bar and the prompt


class Preview:
    """Called with a network as it is; ``text`` is what it looks like, for a terminal of that size and those colours."""

    def __init__(self, samples: Samples, show: Console) -> None:
        self.samples, self.show, self.drawn = samples, show, ""

    def __call__(self, network: Network) -> None:
        """Draw the network."""
        from ..draw.blocks import frame

        rows = max(4, min(ROWS, self.show.height - REST))
        colour = self.show.color_system is not None and not self.show.no_color
        self.drawn = frame(network, self.samples, max(8, self.show.width - 1), rows, colour=colour)

    def text(self) -> str:
        """Return what was drawn last."""
        return self.drawn


def preview_on(wanted: bool, samples: Samples, show: Console) -> Preview | None:
    """Return the preview, where one is wanted and there is a terminal to show it on."""
    return Preview(samples, show) if wanted and show.is_terminal and not show.quiet else None
