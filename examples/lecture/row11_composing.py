"""Composing networks: 12, 36, 108, ... pieces.

Drawn by `foldline figure composing`.
"""

from foldline import Box
from foldline.data.book import composed, folding_pair
from foldline.exact.regions import regions

first, second = folding_pair()
for k in range(1, 5):
    network = composed(*[first] * k, second)
    print(f"N2 after {k} x N1: {regions(network, Box([-1], [1])).n_pieces} pieces")
