"""Salmon or sea bass: the widest line, or the proof that there is none and the least number of errors.

Drawn by `foldline figure fish`.
"""

from foldline.data.fish import fish
from foldline.optimal.least_errors import least_errors
from foldline.optimal.separate import separate

for overlap in (0.4, 1.6):
    answer = separate(samples := fish(30, overlap=overlap))
    if answer.separable:
        print(f"overlap {overlap}: separable, margin {answer.margin:.4f}, support {answer.support}")
    else:
        point = [round(float(v), 3) for v in answer.common_point]
        print(f"overlap {overlap}: both hulls hold {point}; at least {least_errors(samples).count} errors")
    print("  the proof checks in rational arithmetic:", answer.check())
