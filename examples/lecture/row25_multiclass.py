"""
Multiclass cross entropy
========================

One-hot beside softmax, and the gradient is their difference.

Drawn by `foldline figure multiclass`.
"""

from foldline.lecture.multiclass import State, ask

answer = ask(State())
print("softmax ", answer.softmax.round(7), "\none-hot ", answer.one_hot)
print("gradient", answer.gradient.round(7), "sum", answer.gradient.sum().round(12))
print(f"NLL      {answer.loss:.7f}")
print(f"20 points: NLL {answer.total:.12f}, likelihood {answer.likelihood:.10e}")
moved = ask(State(weights=((0.1, 0.2, -0.3), (0.0, 1.0, 0.5), (-1.0, 0.3, 0.2)), x=(0.7, -1.2)))
print("gradient over the weights W_k:", moved.weight_gradient.round(4).tolist())
