"""
How to train
============

Adam on a shallow network, its joints moving over the data, the loss falling.

Drawn by `foldline figure training`.
"""

import numpy as np

from foldline import Box, Network
from foldline.data.book import problem
from foldline.exact.totals import count
from foldline.fit.objective import MeanLoss
from foldline.fit.step.fused import Fused

samples = problem("3.1")
rng = np.random.default_rng(1)
weights, joints = rng.choice([-1.0, 1.0], (6, 1)), rng.uniform(0, 1, 6)
begin = ([weights, rng.normal(0, 0.5, (1, 6))], [-weights[:, 0] * joints, np.zeros(1)])
step = Fused(*begin, MeanLoss(samples.inputs, samples.targets, "squared"), optimiser="adam")
done = 0
for epoch in (0, 10, 100, 1000, 4000):
    step.run(done, np.full(epoch - done, 0.01))
    done = epoch
    network = Network(*step.parameters())
    places = np.sort(-network.biases[0] / network.weights[0][:, 0])
    loss = ((network(samples.inputs) - samples.targets) ** 2).sum()
    print(
        f"epoch {epoch:5}: sum of squares {loss:.6f}, {count(network, Box([0], [1]))} regions, joints", places.round(3)
    )
