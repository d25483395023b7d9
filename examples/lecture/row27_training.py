"""How to train: Adam on a shallow network, its joints moving over the data, the loss falling.

Drawn by `foldline figure training`.
"""

from foldline.lecture.training import State, ask

answer = ask(State(units=6, epochs=4000, shown=(0, 10, 100, 1000, 4000), seed=1))
for epoch, curve in answer.curves.items():
    loss, pieces = answer.losses[epoch], len(curve.slopes)
    print(f"epoch {epoch:5}: sum of squares {loss:.6f}, {pieces} regions, joints", answer.joints[epoch].round(3))
print("regions of weight space crossed on the way:", answer.crossed[-1])
