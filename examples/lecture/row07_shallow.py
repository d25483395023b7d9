"""
The shallow network in four steps
=================================

Linear, ReLU, weighted, summed; and its exact pieces.

Drawn by `foldline figure shallow`.
"""

from foldline.lecture.shallow import State, ask

answer = ask(State(x=0.6))
print("1 linear  ", answer.linear.round(4), "\n2 ReLU    ", answer.rectified.round(4))
print("3 weighted", answer.weighted.round(4), "\n4 summed  ", round(answer.summed, 4))
curve = answer.curve
for joint, unit in zip(curve.joints, curve.units, strict=True):
    print(f"joint at {joint:.6f}, made by unit {unit + 1}")
for slope, offset in zip(curve.slopes, curve.offsets, strict=True):
    print(f"piece: y = {offset:+.4f} {slope:+.4f} x")
