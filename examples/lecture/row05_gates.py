"""All 16 functions of two inputs: 14 have a perceptron, XOR and XNOR have a proof that there is none.

Drawn by `foldline figure gates`.
"""

from foldline.data.gates import NAMES, gate
from foldline.fit.perceptron import learn_perceptron, mistake_bound
from foldline.optimal.separate import separate

for name in NAMES:
    samples = gate(name)
    if name in ("true", "false"):
        print(f"{name}: one class, any offset will do")
    elif (answer := separate(samples)).separable:
        run = learn_perceptron(samples)
        bound = mistake_bound(samples, [float(v) for v in answer.weights[0]])
        print(f"{name}: margin {answer.margin:.4f}, learnt with {run.n_mistakes} mistakes (bound {bound:.0f})")
    else:
        print(f"{name}: no, both hulls hold ({', '.join(map(str, answer.common_point))})")
