"""A network of two inputs cuts the plane; a grid of samples misses many of the regions.

Drawn by `foldline figure regions`.
"""

import numpy as np

from foldline import Box, Network
from foldline.exact.regions import regions
from foldline.fit.start import start

weights, _ = start([2, 32, 32, 1], seed=0)
rng = np.random.default_rng(1)
network = Network(weights, [0.3 * rng.standard_normal(len(W)) for W in weights])
found = regions(network, Box([-6, -6], [6, 6]))
print(len(found), "regions,", found.n_pieces, "pieces, certified:", found.certified)
home = int(found.locate([[0.5, -0.4]])[0][0])
(a, b, c), area = found.maps[home, 0], found.volumes[home]
print(f"at (0.5, -0.4): y = {a:.4f} x1 {b:+.4f} x2 {c:+.4f}, on a region of area {area:.6f}")
for n in (100, 300):
    at = np.linspace(-6, 6, n)
    points = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
    print(f"{n} x {n} samples see", len(np.unique(np.packbits(network.pattern(points), axis=1), axis=0)))
