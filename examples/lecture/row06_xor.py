"""XOR by two layers: the hidden space, the line there, and how many random starts learn it.

Drawn by `foldline figure xor`.
"""

from foldline import Samples
from foldline.data.gates import gate, xor_network
from foldline.fit.starts import train_from_starts
from foldline.optimal.separate import separate

table, network = gate("xor"), xor_network()
hidden = network.activate(1, network.preactivations(table.inputs)[0])
answer = separate(Samples(hidden, table.targets, "classification", ("h1", "h2"), table.classes))
print("hidden points:", hidden.tolist(), "separable:", answer.separable, "margin:", round(answer.margin, 4))
for units in (2, 4, 8):
    share = train_from_starts(table, hidden=units, rate=0.5, steps=600).success_share
    print(f"{units} hidden units: {share:.0%} of the random starts learn XOR")
