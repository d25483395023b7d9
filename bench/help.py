"""How soon the command line answers: python bench/help.py [--runs N] [--verbs].

Prints the processor seconds, user and system, of ``foldline --help`` and of ``import foldline``, the least of the runs,
beside those of Python alone; with ``--verbs`` of each verb's help, too.

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


def verbs() -> list[str]:
    from typer.main import get_command

    from foldline.cli import app

    return sorted(get_command(app).commands)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--verbs", action="store_true")
    asked = parser.parse_args()
    runs, commands = asked.runs, dict(COMMANDS)
    if asked.verbs:
        commands |= {f"foldline {verb} --help": ["-m", "foldline", verb, "--help"] for verb in verbs()}
    for name, command in commands.items():
        print(f"{name:36} {seconds(command, runs):5.2f} s")


if __name__ == "__main__":
    main()
