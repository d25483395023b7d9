"""
An elevation map as a function of the plane
===========================================

Heights between mountains and sea floor as a network of two coordinates, and its contour lines: exact level sets, not
lines drawn through a grid.
"""

import numpy as np
from matplotlib import pyplot as plt

import foldline as fl

samples = fl.read("../../data/raster/topobathy.npz")
network = fl.fit(samples, preset="fast", steps=1500)
error = network.training.final["rms_error"]
print(f"{len(samples):,} cells, error {error:.1f} m rms, {network.n_parameters:,} numbers")

lines = fl.contours(network, every=500)
print(len(lines.levels), "levels, certified", lines.certified, "- complete", lines.complete)
print(f"longest: {lines.lengths.max():.2f} degrees, at {lines.levels[lines.lengths.argmax()]:.0f} m")

ax = plt.subplots(figsize=(10, 6))[1]
x, y = np.unique(samples.inputs[:, 0]), np.unique(samples.inputs[:, 1])
heights = network(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)).reshape(len(y), len(x))
shade = ax.pcolormesh(x, y, heights, cmap="cividis", shading="nearest", rasterized=True)
lines.plot(ax, colors="w", linewidths=0.8)
ax.figure.colorbar(shade, ax=ax, label="metres")
ax.set(xlabel="degrees east", ylabel="degrees north", title="Contours of the network, every 500 m, exact")
