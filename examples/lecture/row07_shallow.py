"""The shallow network in four steps: linear, ReLU, weighted, summed; and its exact pieces.

Drawn by `foldline figure shallow`.
"""

from foldline import Box
from foldline.data.book import solution
from foldline.exact.regions import regions

network, x = solution("3.1"), [0.6]
linear = network.preactivations(x)[0]
hidden = network.activate(1, linear)
print("1 linear  ", linear.round(4), "\n2 ReLU    ", hidden.round(4))
print("3 weighted", (network.weights[1][0] * hidden).round(4), "\n4 summed  ", network(x).round(4))
found = regions(network, Box([0], [1]))
for slope, offset in found.maps[found.points[:, 0].argsort(), 0]:
    print(f"piece: y = {offset:+.4f} {slope:+.4f} x")
