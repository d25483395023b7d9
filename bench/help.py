"""How soon the command line answers: python bench/help.py [--runs N].

Prints the processor seconds, user and system, of ``foldline --help`` and of ``import foldline``, the least of the runs,
beside those of Python alone.

Bar: ``--help`` in 0.3 s.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys

COMMANDS = {
    "python -c ''": ["-c", ""],
    "import foldline": ["-c", "import foldline"],
    "foldline --help": ["-m", "foldline", "--help"],
    "import foldline; foldline.regions": ["-c", "import foldline; foldline.regions"],
}


def spent() -> float:
    """Processor seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(command: list[str], runs: int) -> float:
    least = float("inf")
    for _ in range(runs):
        before = spent()
        subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
        least = min(least, spent() - before)
    return least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    for name, command in COMMANDS.items():
        print(f"{name:36} {seconds(command, runs):5.2f} s")


if __name__ == "__main__":
    main()
