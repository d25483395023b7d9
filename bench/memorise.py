"""Record MNIST-1D with shuffled labels for 1-4 hidden layers.

python bench/memorise.py [--epochs N] [--depth D] [--out DIR]

Each depth goes on from its checkpoint in DIR, so it can be stopped and started; then the curves of all depths are
thinned and written to src/foldline/fit/memorise.json, the record the package ships.
One core: 2.5 ms an epoch for 4 x 63.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from threadpoolctl import threadpool_limits

from foldline.data.mnist1d import mnist1d, random_labels
from foldline.fit.memorise import BUDGET, DEPTHS, memorise

RECORD = Path(__file__).parents[1] / "src" / "foldline" / "fit" / "memorise.json"


def rounded(curve):
    """The curve as JSON values: errors as counted, losses to 6 digits."""
    losses = [float(f"{loss:.6g}") for loss in curve.losses]
    return {"hidden": curve.hidden, "epochs": curve.epochs.tolist(), "errors": curve.errors.tolist(), "losses": losses}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=BUDGET)
    parser.add_argument("--depth", type=int, choices=range(1, 5), help="only this one, and leave the record alone")
    parser.add_argument("--out", type=Path, default=Path("out"))
    asked = parser.parse_args()
    asked.out.mkdir(exist_ok=True)
    samples, curves = random_labels(mnist1d()[0]), []
    for depth in [asked.depth] if asked.depth else range(1, 5):
        begun = time.perf_counter()
        path = asked.out / f"memorise-{depth}.safetensors"
        _, curve = memorise(samples, hidden=DEPTHS[depth - 1], epochs=asked.epochs, checkpoint=path)
        marks = ", ".join(f"{error:.0%} at {curve.reached(error)}" for error in (0.5, 0.2, 0.1, 0.01, 0.0))
        took = time.perf_counter() - begun
        print(f"{depth} layers: {len(curve.epochs)} epochs, {curve.errors[-1]:.1%} wrong; {marks}; {took:.0f} s now")
        curves.append(rounded(curve.thinned()))
    if not asked.depth:
        RECORD.write_text(json.dumps({"data": "MNIST-1D, labels shuffled", "curves": curves}) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
