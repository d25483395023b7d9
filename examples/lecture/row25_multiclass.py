"""Multiclass cross entropy: one-hot beside softmax, and the gradient is their difference.

Drawn by `foldline figure multiclass`.
"""

import numpy as np

from foldline.activations import softmax
from foldline.data.book import problem, solution
from foldline.losses import LOSSES

loss, logits, label = LOSSES["cross_entropy"], np.array([[-3.0, 2.0, 1.0]]), [2.0]
print("softmax ", softmax(logits)[0].round(7), "\none-hot ", np.eye(3)[2])
print("gradient", loss.slope(logits, label)[0].round(7), "sum", loss.slope(logits, label).sum().round(12))
print(f"NLL      {loss(logits, label)[0]:.7f}")

samples, network = problem("5.3"), solution("5.3")
nll = loss(network(samples.inputs), samples.targets)
print(f"20 points: NLL {nll.sum():.12f}, likelihood {np.exp(-nll.sum()):.10e}")
