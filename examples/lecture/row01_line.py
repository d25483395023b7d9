"""
1-D linear regression
=====================

The least squares line, and descent into the bowl.

Drawn by `foldline figure line`.
"""

from foldline.lecture.line import State, ask

answer = ask(State(steps=500))
fit, path = answer.fit, answer.descent
print(f"line held:   phi = {answer.state.phi}, sum of squares {answer.loss:.6f}, gradient {answer.gradient.round(3)}")
print(f"closed form: phi = {fit.weights[0].round(6)}, sum of squares {fit.loss:.6f}")
print(f"descent:     phi = {path.path[-1].round(6)}, sum of squares {path.losses[-1]:.6f}")
