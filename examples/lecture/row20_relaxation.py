"""
The step softened by a sigmoid
==============================

Outside a band around the boundary they differ by at most sigmoid(-band / T).

Drawn by `foldline figure relaxation`.
"""

from foldline.lecture.relaxation import State, ask

for band in (0.5, 1.0, 2.0):
    answer = ask(State(band=band))
    for temperature, most in zip(answer.state.temperatures, answer.farthest, strict=True):
        print(f"temperature {temperature}: outside |z| < {band} the step is at most {most:.7f} away")
print("at z = 0 no temperature helps: the distance is", answer.at_zero)
