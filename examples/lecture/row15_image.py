"""
An image as a function of the plane
===================================

Fitted, measured, and cut into the regions it is made of.

Drawn by `foldline figure image`, for a photograph and a network that was fitted for longer.
"""

import numpy as np

from foldline import Box, Samples, fit
from foldline.exact.regions import regions
from foldline.files.image import pixel_centres

at = pixel_centres(32, 32)
rings = 0.5 + 0.5 * np.cos(9 * np.hypot(at[:, 0] - 0.2, at[:, 1]))
image = Samples(at, rings, "image", meta={"width": 32, "height": 32, "channels": 1})
network = fit(image, hidden=(32, 32), steps=2000, batch=512, optimiser="adam", learning_rate=0.01, device="cpu")
found = regions(network, Box([-1, -1], [1, 1]))
print(f"PSNR {network.training.final['psnr']:.2f} dB")
print(4 * network.n_parameters, "bytes of weights for", len(image), "bytes of grey pixels")
print(f"{len(found)} regions; darkest {found.extrema()[0][0]:.3f}, lightest {found.extrema()[2][0]:.3f}")
