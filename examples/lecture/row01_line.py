"""1-D linear regression: the least squares line, and descent into the bowl.

Drawn by `foldline figure line`.
"""

from foldline.data.toys import curve
from foldline.fit.linear import descend, least_squares

samples = curve(lambda x: 1.5 - 2 * x, (-1, 3), 40, noise=0.3)
fit, path = least_squares(samples), descend(samples, steps=500)
print(f"closed form: phi = {fit.weights[0].round(6)}, sum of squares {fit.loss:.6f}")
print(f"descent:     phi = {path.path[-1].round(6)}, sum of squares {path.losses[-1]:.6f}")
