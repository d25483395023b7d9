"""Cross entropy of two distributions over two classes, and the sum of negative log-likelihoods of a network.

Drawn by `foldline figure cross-entropy`.
"""

import numpy as np

from foldline.data.book import problem, solution
from foldline.losses import LOSSES, cross_entropy, entropy, kl_divergence

for p in ((1.0, 0.0), (0.7, 0.3)):
    for q in ((0.9, 0.1), (0.7, 0.3), (0.2, 0.8)):
        h, own, extra = cross_entropy(p, q), entropy(p), kl_divergence(p, q)
        print(f"p {p}, q {q}: H(p, q) = {h:.7f} = H(p) {own:.7f} + KL {extra:.7f}")

samples, network = problem("5.2"), solution("5.2")
nll = LOSSES["binary_cross_entropy"](network(samples.inputs), samples.targets)
print(f"sum of {len(nll)} negative log-likelihoods: {nll.sum():.10f}, likelihood {np.exp(-nll.sum()):.6e}")
