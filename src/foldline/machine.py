"""The machine: how much memory is left and what is installed, so that what cannot be is refused before it is begun."""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy

from .errors import BudgetError, MissingError

PROC, GROUPS = Path("/proc"), Path("/sys/fs/cgroup")
# What a container or a service may use of memory: the limit, what is used, and what of that the system takes back when
# it must, as memory.stat calls it; of cores: the microseconds on one in every so many.  Both ways in which Linux has
# it, by the folder under GROUPS that holds them.
LIMITS = {
    "": ("memory.max", "memory.current", "inactive_file"),
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
QUOTAS = {"": ("cpu.max",), "cpu": ("cpu.cfs_quota_us", "cpu.cfs_period_us")}
UNLIMITED = 2**60  # what systems write for "no limit" is more

TORCH = "PyTorch", "torch", "torch"  # what people call it, its package, the extra that installs it


def installed(package: str) -> bool:
    """Return whether a package can be imported, without importing it.

    >>> installed("json"), installed("no_such_package")
    (True, False)
    """
    return find_spec(package) is not None


def library_of(values: object) -> Any:
    """Return NumPy, or PyTorch for a tensor of it: what is written with names that both have runs on either.

    >>> library_of(1.5).__name__
    'numpy'
    """
    return sys.modules["torch"] if type(values).__module__.partition(".")[0] == "torch" else numpy


def need_package(who: str, called: str, package: str, extra: str) -> None:
    """Refuse what needs a package that is not there.

    who      asks, for the message
    raises   MissingError with the line that installs it
    """
    if not installed(package):
        raise MissingError(f"{who} needs {called}; it is not installed. Run: pip install 'foldline[{extra}]'.")


def cores() -> int:
    """Return how many threads can run at once here: cores that are ours, no more than a container or the user allows.

    The user allows by OMP_NUM_THREADS, as for NumPy and PyTorch.
    """
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([here, *_quotas(), *_asked_for()]))


def _asked_for() -> Iterator[int]:
    with suppress(KeyError, ValueError):
        yield int(os.environ["OMP_NUM_THREADS"].partition(",")[0])


def _quotas() -> Iterator[int]:
    """The cores that a container may use at once; ``docker run --cpus=2`` says 2 of however many there are."""
    for folder, group in _groups(QUOTAS):
        with suppress(OSError, ValueError):
            quota, period = map(int, " ".join((group / name).read_text() for name in QUOTAS[folder]).split())
            if quota > 0:
                yield -(-quota // period)


def need_memory(who: str, n_bytes: int, advice: str) -> None:
    """Refuse what would take more memory than there is.

    who      asks, for the message
    raises   BudgetError

    >>> need_memory("fit", 10**30, "Take narrower layers.")
    Traceback (most recent call last):
    ...
    foldline.errors.BudgetError: fit needs about 1e+21 GB of memory; got ... GB free. Take narrower layers.
    """
    free = free_memory()
    if free is not None and n_bytes > free:
        raise BudgetError(f"{who} needs about {n_bytes / 1e9:.3g} GB of memory; got {free / 1e9:.3g} GB free. {advice}")


def free_memory() -> int | None:
    """Return the bytes that can still be taken here; None where the system does not say."""
    return min(_limits(), default=None)


def _limits() -> Iterator[int]:
    with suppress(OSError, ValueError, StopIteration):
        lines = (PROC / "meminfo").read_text().splitlines()
        yield 1024 * int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1])
    yield from _left_to_groups()
    with suppress(ImportError, OSError, ValueError):
        import resource

        limit, used = resource.getrlimit(resource.RLIMIT_AS)[0], int((PROC / "self/statm").read_text().split()[0])
        if 0 < limit < UNLIMITED:
            yield max(0, limit - used * resource.getpagesize())
    with suppress(AttributeError, OSError, ValueError):
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _left_to_groups() -> Iterator[int]:
    for folder, group in _groups(LIMITS):
        yield from _left_to(group, *LIMITS[folder])


def _groups(wanted: Container[str]) -> Iterator[tuple[str, Path]]:
    """The process's control group and those around it, with their folder; in a container its own is often the root."""
    lines = ["0::/", "0:memory:/", "0:cpu:/"]
    with suppress(OSError):
        lines += (PROC / "self/cgroup").read_text().splitlines()
    for line in lines:
        _, _, rest = line.partition(":")
        kinds, _, path = rest.partition(":")
        place = Path(path.lstrip("/"))
        for folder in filter(wanted.__contains__, kinds.split(",")):
            for group in (place, *place.parents):
                yield folder, GROUPS / folder / group


def _left_to(group: Path, most: str, taken: str, spare: str) -> Iterator[int]:
    with suppress(OSError, ValueError):
        limit, used = (int((group / name).read_text()) for name in (most, taken))
        if limit < UNLIMITED:
            yield max(0, limit - used + _spare(group, spare))


def _spare(group: Path, name: str) -> int:
    """Bytes of files that were read, which a group gives back when it needs the room."""
    with suppress(OSError, ValueError):
        counts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return int(counts.get(name, 0))
    return 0
