"""
Zero gradients
==============

Weight space cut into the cells on which the number of errors is constant.

Drawn by `foldline figure zero-gradients`.
"""

import numpy as np

from foldline.lecture.zero_gradients import State, ask

answer = ask(State(weight=(1.0, -1.0)))
print(len(answer.cells), "cells; errors on them:", np.bincount(answer.cells.errors))
print("at the weight held:", answer.errors, " least in this slice:", answer.cells.least)
print("least of any weights:", answer.least, " gradient inside a cell:", answer.gradient)
