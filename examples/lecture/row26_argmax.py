"""
Softmax against argmax
======================

The exact cells of a linear classifier, polygons with their areas.

Drawn by `foldline figure argmax`.
"""

from foldline.lecture.argmax import State, ask

for kind in ("lines", "network"):
    answer = ask(State(kind=kind))
    found = answer.cells
    for name, area in zip(found.names, found.volume_of_class, strict=True):
        print(f"{kind}, class {name}: area {area:.6f} of {found.box.volume:.2f}")
    print(
        f"{kind}: length of the boundary {answer.border.size:.6f}, three classes meet at {len(answer.meeting)} points"
    )
