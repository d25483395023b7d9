"""
Six million parameters
======================

What a network of 1000 features a layer holds, layer by layer.

Drawn by `foldline figure parameters`.
"""

from foldline.lecture.parameters import State, ask

for layers in range(4, 9):
    answer = ask(State(hidden=(1000,) * layers))
    print(f"{layers} hidden layers of 1000: {answer.parameters:,} parameters, {answer.bytes / 1e6:.1f} MB")
print("a layer between two of 1000:", f"{answer.layers[1].parameters:,}")
print(f"the nearest to the slide's 6M has {answer.nearest} hidden layers; 6 layers have 5.01M")
