"""
Salmon or sea bass
==================

The widest line, or the proof that there is none and the least number of errors.

Drawn by `foldline figure fish`.
"""

from foldline.lecture.fish import State, ask

for overlap in (0.4, 1.6):
    answer = ask(State(overlap=overlap, n=30, seed=0))
    found = answer.separation
    if found.separable:
        print(f"overlap {overlap}: separable, margin {found.margin:.4f}, support {found.support}")
    else:
        point = [round(float(v), 3) for v in found.common_point]
        print(f"overlap {overlap}: both hulls hold {point}; at least {answer.fewest.count} errors")
    print("  the proof checks in rational arithmetic:", answer.checked)
