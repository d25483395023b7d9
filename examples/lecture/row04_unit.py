"""
The neural unit of the slide
============================

Z = 0.87, y = 0.7047457 (printed: .70).

Drawn by `foldline figure unit`.
"""

from foldline.lecture.unit import State, ask

answer = ask(State())
print("terms", answer.terms.round(4), "sums", answer.sums.round(4))
print(f"z = {answer.z:.2f}, y = {answer.y:.7f}")
