"""Regions per parameter: 161,051 (the slide swapped two digits) counted, and a bound above 10^40.

Drawn by `foldline figure bounds`.
"""

from foldline import Box, Network
from foldline.data.folding import BOX, folding
from foldline.exact.bounds import bounds
from foldline.exact.regions import regions
from foldline.fit.start import start

network = folding(10, 5)
print(network.n_parameters, "parameters:", len(regions(network, Box([BOX[0]], [BOX[1]]))), "regions")
deep = Network(*start([10, 50, 50, 50, 50, 50, 1]))
print(deep.n_parameters, "parameters: some weights reach", bounds(deep).lower, "regions")
