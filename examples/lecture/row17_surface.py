"""
The surface of a signed distance network, exactly
=================================================

Polygons that close, and a slice of its regions.

Drawn by `foldline figure surface`.
"""

import numpy as np

from foldline import Box, Network, surface
from foldline.lecture.surface import section, slice_regions

# s = |x| + |y| + |z|, then |s - 3/4| - 1/4: zero where s is 1 and where s is 1/2, an octahedron with a hollow
hollow = Network(
    [np.vstack([np.eye(3), -np.eye(3)]), [[1.0] * 6, [-1.0] * 6], [[1.0, 1.0]]],
    [np.zeros(6), [-0.75, 0.75], [-0.25]],
)
box = Box([-2] * 3, [2] * 3)
found = surface(hollow, box)
print(f"{found.n_faces} polygons, {found.n_vertices} vertices, {found.n_edges} edges, Euler {found.euler}")
print(f"closed: {found.closed}, proved: {found.certified and found.complete}")
print(f"{found.n_components} parts, area {found.area:.9f}, volume {found.volume:.9f}")
cut = slice_regions(hollow, box, 2, 0.1)
print(f"slice z = 0.1: {len(cut)} regions; the surface crosses it in {len(section(found, 2, 0.1))} straight pieces")
