"""
All 16 functions of two inputs
==============================

14 have a perceptron, XOR and XNOR have a proof that there is none.

Drawn by `foldline figure gates`.
"""

from foldline.lecture.gates import State, ask

for function in ask(State()).functions:
    labels = tuple(function.number >> k & 1 for k in (3, 2, 1, 0))
    answer = ask(State(labels=labels))
    if answer.separation is None:
        print(f"{function.name}: one class, any offset will do")
    elif function.separable:
        learnt = f"learnt with {answer.mistakes} mistakes (bound {answer.most_mistakes:.0f})"
        print(f"{function.name}: margin {function.margin:.4f}, {learnt}")
    else:
        print(f"{function.name}: no, both hulls hold ({', '.join(map(str, function.common_point))})")
