"""
Step, sigmoid, tanh and ReLU
============================

Step, sigmoid, tanh and ReLU with their values and derivatives at three places.

Drawn by `foldline figure units`.
"""

from foldline.lecture.units import State, ask

for x in (-1.0, 0.0, 2.0):
    answer = ask(State(x=x, w=2.0, b=0.5))
    said = [f"{one.name} {one.value:.4f}, slope {one.slope:.4f}" for one in answer.curves]
    print(f"x = {x}, z = 2 x + 0.5 = {answer.z}:", "; ".join(said))
