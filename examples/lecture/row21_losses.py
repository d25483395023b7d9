"""Quadratic loss, cross entropy: a badly wrong point hardly moves the first and fully the second.

Drawn by `foldline figure quadratic`.
"""

from foldline.losses import LOSSES, cross_entropy, entropy, kl_divergence

for z in (-20.0, -2.0, 0.0, 2.0):
    row = [(LOSSES[n]([z], [1.0])[0], LOSSES[n].slope([z], [1.0])[0, 0]) for n in ("quadratic", "binary_cross_entropy")]
    print(f"z = {z:5}: quadratic {row[0][0]:.4f}, slope {row[0][1]:+.1e}; NLL {row[1][0]:.4f}, slope {row[1][1]:+.4f}")
p, q = [1.0, 0.0], [0.7, 0.3]
print(f"H(p, q) = {cross_entropy(p, q):.4f} = H(p) {entropy(p):.4f} + KL {kl_divergence(p, q):.4f}")
