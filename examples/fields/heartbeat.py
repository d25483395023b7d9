"""
A signal as a function of time
==============================

A heartbeat, the network fitted to it, and every joint of that network: it is a polygon, and the corners are known.
"""

import numpy as np
from matplotlib import pyplot as plt

import foldline as fl

samples = fl.read("../../data/signal/ecg.npz")
network = fl.fit(samples, preset="fast", steps=1500)
range_of = float(np.ptp(samples.targets))
print(f"{len(samples):,} samples, error {network.training.final['rms_error'] / range_of:.2%} of the range")

curve = fl.regions(network, network.grid.box)
print(f"{curve.n_pieces:,} straight pieces, certified", curve.certified)

ax = curve.plot(plt.subplots(figsize=(10, 4))[1], lw=1.2)
ax.plot(samples.inputs[:, 0], samples.targets[:, 0], ".", ms=3, color="0.4", zorder=0)
ax.set(xlim=(420, 720), xlabel="sample", ylabel="as recorded", title="The network, its joints, the samples")
