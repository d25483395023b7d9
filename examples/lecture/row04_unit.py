"""The neural unit of the slide: z = 0.87, y = 0.7047457 (printed: .70).

Drawn by `foldline figure unit`.
"""

from foldline import Network

unit = Network([[[0.2, 0.3, 0.9]]], [[0.5]], output="sigmoid")
x = [0.5, 0.6, 0.1]
print(f"z = {unit.preactivations(x)[-1][0]:.2f}, y = {unit(x)[0]:.7f}")
