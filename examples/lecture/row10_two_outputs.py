"""Two outputs of four units: both bend at the same joints, each with slopes of its own.

Drawn by `foldline figure two-outputs`.
"""

from foldline import Box
from foldline.data.book import shallow
from foldline.exact.regions import regions

hidden = [(-0.2, 1.0), (0.45, -1.0), (-1.2, 2.0), (0.85, -1.0)]
network = shallow(hidden, [(0.55, -2.5, -1.0, 1.5, -0.5), (-0.05, 2.0, 0.5, -2.0, -0.5)])
found = regions(network, Box([0], [1]))
print(network.n_parameters, "parameters; joints at", sorted(round(-b / w, 4) for b, w in hidden))
for maps in found.maps[found.points[:, 0].argsort()]:
    (a, c), (b, d) = maps.round(4)
    print(f"y1 = {c:+.3f} {a:+.1f} x    y2 = {d:+.3f} {b:+.1f} x")
