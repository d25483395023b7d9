"""Six million parameters: what a network of 1000 features a layer holds, layer by layer.

Drawn by `foldline figure parameters`.
"""

from foldline.lecture.parameters import parameters_of

for layers in range(4, 9):
    total = parameters_of(3, *[1000] * layers, 1)
    print(f"{layers} hidden layers of 1000: {total:,} parameters, {4 * total / 1e6:.1f} MB")
print("a layer between two of 1000:", f"{parameters_of(1000, 1000):,}")
print("the nearest to the slide's 6M has 7 hidden layers; 6 layers have 5.01M")
