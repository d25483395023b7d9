"""
MNIST-1D with random labels
===========================

MNIST-1D, made offline, with random labels; the four networks of the slide's caption.

Drawn by `foldline figure random-labels`.
"""

from foldline.lecture.questions import question

asked = question("random-labels")
answer = asked.ask(asked.state({"hidden": [30], "epochs": 200}))
for curve, size in zip(answer.recorded, answer.parameters, strict=True):
    print(curve.hidden, size, "parameters, no error after", curve.reached(0.0), "epochs")
print("learning now:", answer.live.hidden, f"{answer.live.errors[-1]:.1%} wrong after 200 epochs")
