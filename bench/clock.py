"""How long verbs take that were given so many seconds, in wall time: run it on a quiet machine.

    python bench/clock.py [seconds ...]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

import foldline as fl

NETS = {
    "1-4000-4000-1": ["regions", "extrema", "boundary"], "2-3000-3000-1": ["regions", "surface", "slopes"],
    "2-60-60-60-60-60-60-60-60-1": ["regions", "boundary", "decisions"], "3-1500-1500-1": ["regions", "surface"],
    "6-60-60-2": ["regions", "extrema"], "2-20000-1": ["regions"],
}  # fmt: skip
DATA = Path(__file__).parents[1] / "data"


def made(name: str, folder: Path) -> Path:
    widths, rng = [int(width) for width in name.split("-")], np.random.default_rng(0)
    weights = [rng.normal(size=(b, a)) * (2 / a) ** 0.5 for a, b in pairwise(widths)]
    return fl.Network(weights, [rng.normal(size=b) / 3 for b in widths[1:]]).save(folder / f"{name}.safetensors")


def measured(words: list[str], seconds: float) -> None:
    begun = time.perf_counter()
    run = [sys.executable, "-m", "foldline", *words, "--max-seconds", str(seconds)]
    done = subprocess.run(run, capture_output=True, text=True)
    wall, most = time.perf_counter() - begun, seconds + max(1.0, 0.1 * seconds)
    print(f"{wall:7.2f} s of {seconds:g}  {'late' if wall > most else 'in time':8} exit {done.returncode}  "
          f"{words[0]} {Path(words[1]).name}", flush=True)  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for seconds in [float(word) for word in sys.argv[1:]] or [1.0, 5.0]:
            for name, verbs in NETS.items():
                file, corner = made(name, folder), ",".join(["1"] * int(name.split("-")[0]))
                for verb in verbs:
                    measured([verb, str(file), "--box", corner.replace("1", "-1"), corner], seconds)
                file.unlink()
            for source in ("mesh/elephant.off", "image/camera.png", "table/iris.csv"):
                out = str(folder / source.split("/")[0])
                measured(["fit", str(DATA / source), "--out", out, "--steps", "1000000", "--force"], seconds)


if __name__ == "__main__":
    main()
