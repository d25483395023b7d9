"""Universal approximation: how many units a tolerance takes, proved, and how close D units come.

Drawn by `foldline figure approximation`.
"""

import numpy as np

from foldline.optimal.approximate import approximate, approximate_by_sigmoids, approximate_with

for tolerance in (0.1, 0.01, 0.001):
    a = approximate(np.sin, (0, 6), tolerance)
    print(f"{tolerance}: {a.units} ReLU units, proved error {a.error:.6f}; fewer than {a.least_units} never suffice")
for units in (4, 8):
    print(f"{units} units: proved error {approximate_with(np.sin, (0, 6), units).error:.6f}")
a = approximate_by_sigmoids(np.sin, (0, 6), 0.1, lipschitz=1.0)
print(f"Cybenko: {a.units} sigmoids, proved error {a.error:.6f} ({a.proof})")
