"""
Softmax
=======

K sigmoids do not sum to 1, softmax does, and it does not see a shift; gradient softmax - one-hot.

Drawn by `foldline figure softmax`.
"""

from foldline.lecture.softmax import State, ask

for temperature in (0.5, 1.0, 20.0):
    answer = ask(State(temperature=temperature))
    print(f"T = {temperature}: softmax {answer.values.round(7)}, entropy {answer.entropy:.7f}")
print("for a + 5 the largest change is", answer.gap)
point = ask(State(point=(0.2, 0.3, 0.5)))
print("logits of the point (0.2, 0.3, 0.5):", point.logits.round(4), "back again:", point.values.round(7))
