"""
A network of two inputs cuts the plane
======================================

A network of two inputs cuts the plane; a grid of samples misses many of the regions.

Drawn by `foldline figure regions`.
"""

from foldline.lecture.regions import State, ask

answer = ask(State(network="wide", pointer=(0.5, -0.4), grids=(100, 300)))
found, home = answer.regions, answer.home
print(len(found), "regions,", found.n_pieces, "pieces, certified:", found.certified)
a, b, c = home.map
print(f"at (0.5, -0.4): y = {a:.4f} x1 {b:+.4f} x2 {c:+.4f}, on a region of area {home.area:.6f}")
for n, seen in zip(answer.state.grids, answer.seen, strict=True):
    print(f"{n} x {n} samples see", seen.sum())
