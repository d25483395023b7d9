"""
Composing networks
==================

12, 36, 108, ... pieces.

Drawn by `foldline figure composing`.
"""

from foldline.lecture.composing import State, ask

answer = ask(State(copies=4, variants=True))
for k, whole in enumerate(answer.powers):
    print(f"N2 after {k} x N1: {whole.n_pieces} pieces")
print("N1 is", answer.state.level, "at", answer.over.round(6).tolist())
print(answer.variants)
