"""Softmax: K sigmoids do not sum to 1, softmax does, and it does not see a shift; gradient softmax - one-hot.

Drawn by `foldline figure softmax`.
"""

import numpy as np

from foldline.activations import sigmoid, softmax
from foldline.losses import LOSSES

a = np.array([-3.0, 2.0, 1.0])
print("sigmoids", sigmoid(a).round(4), "sum", sigmoid(a).sum().round(4))
print("softmax ", softmax(a).round(7), "sum", softmax(a).sum().round(7), "same for a + 5:", softmax(a + 5).round(7))
print("NLL of class 1:", LOSSES["cross_entropy"]([a], [1.0]), "gradient", LOSSES["cross_entropy"].slope([a], [1.0]))
