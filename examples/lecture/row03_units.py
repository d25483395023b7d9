"""Every unit with its value and derivative at three places.

Drawn by `foldline figure units`.
"""

import numpy as np

from foldline.activations import UNITS

z = np.array([-1.0, 0.0, 2.0])
for name, unit in UNITS.items():
    print(f"{name:11s} value {unit(z).round(4)}  derivative {unit.derivative(z).round(4)}")
