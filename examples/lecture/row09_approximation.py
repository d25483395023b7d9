"""
Universal approximation
=======================

How many units a tolerance takes, proved, and how close D units come.

Drawn by `foldline figure approximation`.
"""

import numpy as np

from foldline.lecture.approximation import State, ask
from foldline.optimal.approximate import approximate_by_sigmoids

answer = ask(State(target="sine", units=(4, 8), tolerances=(0.1, 0.01, 0.001)))
for tolerance, a in zip(answer.state.tolerances, answer.proved, strict=True):
    print(f"{tolerance}: {a.units} ReLU units, proved error {a.error:.6f}; fewer than {a.least_units} never suffice")
for a in answer.closest:
    print(f"{a.units} units: proved error {a.error:.6f}")
drawn = ((0.0, 0.0), (1.0, 2.0), (3.0, -1.0), (6.0, 0.5))
(a,) = ask(State(drawn=drawn, units=(), tolerances=(0.1,))).proved
print(f"a curve drawn by hand: {a.units} units, proved error {a.error:.6f}")
a = approximate_by_sigmoids(np.sin, (0, 6), 0.1, lipschitz=1.0)
print(f"Cybenko: {a.units} sigmoids, proved error {a.error:.6f} ({a.proof})")
