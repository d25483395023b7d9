"""MNIST-1D, made offline, with random labels; the four networks of the slide's caption.

Drawn by `foldline figure random-labels`.
"""

from foldline import Network
from foldline.data.mnist1d import mnist1d, random_labels
from foldline.fit.start import start

train, test = mnist1d()
mixed = random_labels(train)
print(train.inputs.shape, test.inputs.shape, f"{(mixed.targets != train.targets).mean():.1%} of the labels changed")
for depth, width in ((1, 298), (2, 100), (3, 75), (4, 63)):
    print(depth, "layers:", Network(*start([40, *[width] * depth, 10])).n_parameters, "parameters")
