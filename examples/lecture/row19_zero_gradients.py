"""Zero gradients: weight space cut into the cells on which the number of errors is constant.

Drawn by `foldline figure zero-gradients`.
"""

import numpy as np

from foldline import Box
from foldline.data.toys import moons
from foldline.optimal.least_errors import least_errors
from foldline.optimal.weight_space import error_cells

samples = moons(24)
cells = error_cells(samples, Box([-4, -4], [4, 4]), origin=[0.2, 0, 0], axes=[[0, 1, 0], [0, 0, 1]])
print(len(cells), "cells; errors on them:", np.bincount(cells.errors))
print("least in this slice:", cells.least, " least of any weights:", least_errors(samples).count)
