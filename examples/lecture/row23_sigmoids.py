"""K sigmoids, one a class, are no distribution: they do not add up to 1, softmax does.

Drawn by `foldline figure sigmoids`.
"""

import numpy as np

from foldline.activations import sigmoid, softmax
from foldline.data.book import problem, solution

logits = np.array([-3.0, 2.0, 1.0])
print("sigmoids", sigmoid(logits).round(7), "sum", round(float(sigmoid(logits).sum()), 7))
print("softmax ", softmax(logits).round(7), "sum", round(float(softmax(logits).sum()), 7))
sums = sigmoid(solution("5.3")(problem("5.3").inputs)).sum(axis=1)
print(f"a network with 3 logits on its 20 points: the sigmoids sum to {sums.min():.7f} ... {sums.max():.7f}")
