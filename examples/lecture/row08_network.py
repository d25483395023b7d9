"""
The words of the lecture on one network
=======================================

Weights, biases, pre-activations, activations, capacity.

Drawn by `foldline figure network`.
"""

from foldline.data.book import deep
from foldline.facts.values import network_facts
from foldline.lecture.network import State, ask

answer = ask(State())
for shape, facts in ((answer.state.shallow, answer.shallow), (answer.state.deep, answer.deep)):
    print(shape, *(f"{name}: {value}" for name, value in facts.rows()[1:6]), sep="; ")
network = deep()
print(*(f"{name}: {value}" for name, value in network_facts(network).rows()), sep="\n")
z1, z2, y = network.preactivations([0.4])
print("layer 1: pre-activations", z1.round(4), "activations", network.activate(1, z1).round(4))
print("layer 2: pre-activations", z2.round(4), "activations", network.activate(2, z2).round(4))
print("output:", y.round(4))
