"""
Regions per parameter
=====================

161,051 (the slide swapped two digits) counted, and a bound above 10^40.

Drawn by `foldline figure bounds`.
"""

from foldline.lecture.bounds import State, ask

answer = ask(State())
print(answer.parameters, "parameters: regions of 1 to 5 folding layers, counted:", answer.folded)
print(f"random starts have {min(answer.drawn)} to {max(answer.drawn)}; folding moved by noise:", answer.noisy)
deep = ask(State(inputs=10, width=50))
print(deep.parameters, "parameters: some weights reach", deep.lower, "regions")
