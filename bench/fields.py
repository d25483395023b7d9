"""How well and how fast fields are fitted: python bench/fields.py [shapes images ...] [--seconds S] [--seeds N].

Each section prints every bar with its figure, beside SIREN and Fourier features at equal processor time on one core.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and PyTorch read it

import rasters
import shapes

SECTIONS = {
    "shapes": shapes.shapes,
    "surface": shapes.surface,
    "memory": shapes.memory,
    "step": shapes.step,
    "images": rasters.images,
    "elevation": rasters.elevation,
    "signals": rasters.signals,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", default=list(SECTIONS), choices=[*SECTIONS, []])
    parser.add_argument("--seconds", type=float, help="of a processor, a fit; by the section unless given")
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    for name in asked.sections:
        print(f"{name}: {SECTIONS[name].__doc__}", flush=True)
        for line in SECTIONS[name](asked.seconds, asked.seeds):
            print(line, flush=True)


if __name__ == "__main__":
    main()
