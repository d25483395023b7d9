"""
XOR by two layers
=================

The hidden space, the line there, and how many random starts learn it.

Drawn by `foldline figure xor`.
"""

from foldline.lecture.xor import State, ask

answer = ask(State(starts=200, widths=(2, 4, 8)))
slide = answer.slide
print("in the plane no line:", answer.alone.common_point, "lies in both classes' hulls")
print("hidden points:", slide.image.inputs.tolist(), "margin of the line there:", round(slide.line.margin, 4))
print(len(slide.regions), "regions; the boundary is", [line.round(3).tolist() for line in slide.border.polylines])
for units, share in zip(answer.state.widths, answer.success, strict=True):
    print(f"{units} hidden units: {share:.0%} of the random starts learn XOR")
