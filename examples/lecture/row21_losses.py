"""
Quadratic loss, cross entropy
=============================

A badly wrong point hardly moves the first and fully the second.

Drawn by `foldline figure quadratic`.
"""

from foldline.lecture.quadratic import State, ask

for z in (-20.0, -2.0, 0.0, 2.0):
    answer = ask(State(z=z))
    (square, cross), (pull, full) = answer.losses.values(), answer.slopes.values()
    print(f"z = {z:5}: quadratic {square:.4f}, slope {pull:+.1e}; NLL {cross:.4f}, slope {full:+.4f}")
print(f"the quadratic loss pulls hardest at z = -ln 2: {answer.steepest:.7f}")
for name, path in answer.paths.items():
    print(f"{name} from a bad start: {path.losses[0]:.3f} -> {path.losses[-1]:.3f} in {len(path.losses) - 1} steps")
