"""The step softened by a sigmoid: outside a band around the boundary they differ by at most sigmoid(-band / T).

Drawn by `foldline figure relaxation`.
"""

import numpy as np

from foldline.activations import UNITS, sigmoid

z = np.linspace(-8, 8, 16_001)
for temperature in (2.0, 1.0, 0.5, 0.25):
    gap = np.abs(UNITS["step"](z) - sigmoid(z / temperature))
    for band in (0.5, 1.0, 2.0):
        # The sigmoid rises, so the largest distance lies on the edge of the band; samples cannot exceed it.
        most = float(sigmoid(-band / temperature))
        assert gap[np.abs(z) >= band].max() <= most + 1e-12
        print(f"temperature {temperature}: outside |z| < {band} the step is at most {most:.7f} away")
print("at z = 0 no temperature helps: the distance is", float(sigmoid(0.0)))
