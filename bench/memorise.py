"""MNIST-1D with shuffled labels for 1-4 hidden layers: the cost of an epoch, and the record the package ships.

python bench/memorise.py                                   1000 epochs of each depth, and what an epoch costs
python bench/memorise.py --epochs 500000 --record [--depth D] [--out DIR]

A recorded run goes on from its checkpoint in DIR, so it can be stopped and started; with all depths done their curves
are thinned to a point in 1000 epochs and written to src/foldline/fit/memorise.json.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from threadpoolctl import threadpool_limits

from foldline.data.mnist1d import mnist1d, random_labels
from foldline.fit.memorise import DEPTHS, LOOK, memorise

SPACING = 1000  # epochs between two points of the record
RECORD = Path(__file__).parents[1] / "src" / "foldline" / "fit" / "memorise.json"


def rounded(curve):
    """The curve as JSON values: errors as counted, losses to 6 digits."""
    losses = [float(f"{loss:.6g}") for loss in curve.losses]
    return {"hidden": curve.hidden, "epochs": curve.epochs.tolist(), "errors": curve.errors.tolist(), "losses": losses}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=1000)
    parser.add_argument("--depth", type=int, choices=range(1, 5), help="only this one, and leave the record alone")
    parser.add_argument("--record", action="store_true", help="keep checkpoints, and write the record")
    parser.add_argument("--out", type=Path, default=Path("out"))
    asked = parser.parse_args()
    samples, curves = random_labels(mnist1d()[0]), []
    for depth in [asked.depth] if asked.depth else range(1, 5):
        path = asked.out / f"memorise-{depth}.safetensors" if asked.record else None
        asked.out.mkdir(exist_ok=True)
        begun, looks = time.process_time(), []
        _, curve = memorise(
            samples, hidden=DEPTHS[depth - 1], epochs=asked.epochs, checkpoint=path,
            callback=lambda epoch, error, loss, looks=looks: looks.append(epoch),
        )  # fmt: skip
        spent, epochs = time.process_time() - begun, LOOK * len(looks)
        marks = ", ".join(f"{error:.0%} at {curve.reached(error)}" for error in (0.5, 0.2, 0.1, 0.01, 0.0))
        cost = f"{spent / epochs * 1e3:.2f} ms an epoch" if looks else "gone on from there: nothing left to do"
        print(f"{depth} layers: {len(curve.epochs)} epochs, {curve.errors[-1]:.1%} wrong; {marks}; {cost}")
        curves.append(rounded(curve.thinned(max(100, len(curve.epochs) // SPACING))))
    if asked.record and not asked.depth:
        RECORD.write_text(json.dumps({"data": "MNIST-1D, labels shuffled", "curves": curves}) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
