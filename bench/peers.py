"""Complexes beside a peer: python bench/peers.py [--runs N].

Each figure comes from a process of its own that runs nothing else: the least processor time of one core, and how much
higher its peak of memory is with the answer than before.  "geometry" is the plane complex (vertices, edges, faces;
certify=False), "maps" that with the pattern and the affine map of every region, "certified" all of it with every
decision certain, in float64.  regioncam 0.5.2 (PyPI) gives geometry and the output of every face, in float32 with a
tolerance.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import Any

NETWORKS = [(2, (32,) * 3), (2, (64,) * 4), (2, (128,) * 3)]
WHO = ("regioncam", "geometry", "maps", "certified")


def by_regioncam(network: Any) -> int:
    import numpy as np
    import regioncam

    camera = regioncam.Regioncam(size=1)
    for i, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        camera.linear(np.float32(W.T), np.float32(b))
        if i + 1 < len(network.weights):
            camera.relu()
    return int(camera.num_faces)


def by_foldline(network: Any, who: str) -> int:
    from foldline import Box
    from foldline.exact.chain.form import chain_of
    from foldline.exact.complex.cut import complex_of
    from foldline.exact.complex.kernel import Job
    from foldline.exact.work import Budget, Work

    chain, box = chain_of(network), Box([-1.0, -1.0], [1.0, 1.0])
    if who == "geometry":
        return int(Job(chain, box, False, Budget()).run()["n_regions"])
    return complex_of(chain, box, Work("test", certify=who == "certified")).n_regions


def measure(who: str, which: int, runs: int) -> dict[str, float]:
    """One figure, in this process: regions, seconds, bytes."""
    from regions import he

    network = he(*NETWORKS[which])

    def work(network: Any) -> int:
        return by_regioncam(network) if who == "regioncam" else by_foldline(network, who)

    work(he(2, (4,)))  # what is loaded once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    n = work(network)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(runs):
        start = time.process_time()
        work(network)
        times.append(time.process_time() - start)
    return {"regions": n, "seconds": min(times), "bytes": 1024.0 * (after - before)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one[0], int(asked.one[1]), asked.runs)))
        return
    if find_spec("regioncam") is None:
        print("regioncam is not installed (it has wheels for some systems only): nothing to stand beside")
        return
    for which, (d, hidden) in enumerate(NETWORKS):
        found = {}
        for who in WHO:
            command = [sys.executable, __file__, "--runs", str(asked.runs), "--one", who, str(which)]
            found[who] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        peer, name = found["regioncam"], "-".join(map(str, (d, *hidden, 1)))
        for who, ours in found.items():
            print(
                f"{name:16} {who:10} {ours['regions']:7,} regions  {1e3 * ours['seconds']:8.1f} ms "
                f"({peer['seconds'] / ours['seconds']:5.1f} x)  {ours['bytes'] / 2**20:6.1f} MiB "
                f"({ours['bytes'] / ours['regions']:5.0f} bytes a region, {ours['bytes'] / peer['bytes']:4.2f} x)",
                flush=True,
            )


if __name__ == "__main__":
    main()
