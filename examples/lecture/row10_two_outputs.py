"""
Two outputs of four units
=========================

Both bend at the same joints, each with slopes of its own.

Drawn by `foldline figure two-outputs`.
"""

from foldline.lecture.two_outputs import State, ask

answer = ask(State())
print(answer.network.n_parameters, "parameters; joints that both share:", answer.shared.round(4).tolist())
first, second = answer.curves
pieces = zip(first.offsets, first.slopes, second.offsets, second.slopes, strict=True)
for a, b, c, d in pieces:
    print(f"y1 = {a:+.3f} {b:+.1f} x    y2 = {c:+.3f} {d:+.1f} x")
