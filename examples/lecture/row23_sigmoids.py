"""
K sigmoids, one a class, are no distribution
============================================

They do not add up to 1, softmax does.

Drawn by `foldline figure sigmoids`.
"""

from foldline.lecture.sigmoids import State, ask

answer = ask(State())
print("sigmoids", answer.sigmoids.round(7), "sum", round(answer.sigmoid_sum, 7))
print("softmax ", answer.softmax.round(7), "sum", round(answer.softmax_sum, 7))
low, high = answer.sums.min(), answer.sums.max()
print(f"three perceptrons on {len(answer.samples)} samples: their sigmoids sum to {low:.7f} ... {high:.7f}")
