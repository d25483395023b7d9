"""Softmax against argmax: the exact cells of a linear classifier, polygons with their areas.

Drawn by `foldline figure argmax`.
"""

from foldline import Box
from foldline.data.toys import blobs
from foldline.exact.decisions import decisions
from foldline.fit.linear import descend

samples = blobs(90, n_classes=4, spread=0.8)
model = descend(samples, "cross_entropy", steps=2000).network
found = decisions(model, Box([-4, -4], [4, 4]))
for name, area in zip(found.names, found.volume_of_class, strict=True):
    print(f"class {name}: area {area:.6f} of 64")
