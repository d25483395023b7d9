"""A cluster: the guide's ten lines on two real Dask workers, one of which is killed midway."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import foldline
from foldline import Budget, regions
from foldline.exact import shards
from foldline.machine import installed

from ..corpus import network
from .questions import QUESTIONS, ask, cube, same

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "scale.md"
OPEN_MPI = {  # more processes than cores, and in a container: by its two latest generations' own names
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}
pytestmark = pytest.mark.filterwarnings("ignore")  # a killed worker makes Dask's own


def blocks(language: str = "python") -> list[str]:
    parts = GUIDE.read_text().split("```")[1::2]
    return [part.removeprefix(language) for part in parts if part.startswith(language)]


@pytest.fixture(scope="module")
def names() -> Iterator[dict[str, Any]]:
    """What the guide's code leaves: a client of two workers, and an answer."""
    pytest.importorskip("distributed", reason="installed without the extra cluster")
    names: dict[str, Any] = {}
    for block in blocks():
        exec(compile(block, str(GUIDE), "exec"), names)
    yield names
    names["client"].close()
    names["cluster"].close()


def test_the_code_of_the_guide_to_scale_runs(names: dict[str, Any]) -> None:
    assert len(names["found"]) == 256 and names["found"].complete and names["found"].certified


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_runs_on_a_cluster_bit_by_bit(names: dict[str, Any], name: str) -> None:
    assert same(ask(name, executor=names["pool"]), ask(name))


def test_a_worker_killed_midway_changes_nothing(names: dict[str, Any]) -> None:
    net, client = network("gaussian", (4, 20, 20, 1), 0), names["client"]
    first, *_ = client.run(os.getpid).values()
    killed: list[float] = []

    def kill(n: int, share: float) -> None:
        if n and not killed:
            killed.append(share)
            os.kill(first, signal.SIGKILL)

    found = regions(net, cube(4), executor=names["pool"], callback=kill, budget=Budget(seconds=60))
    assert 0 < killed[0] < 1 and found.complete
    assert same(found, regions(net, cube(4), budget=Budget(seconds=60)))


def test_a_cluster_that_loses_all_workers_for_good_is_waited_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed", reason="installed without the extra cluster")
    monkeypatch.setattr(shards, "QUIET", 0.1)
    monkeypatch.setattr(shards, "GRACE", 0.3)
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None, "processes": False}
    net, gone = network("gaussian", (4, 12, 12, 1), 0), list[float]()
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        pool = client.get_executor()

        def leave(n: int, share: float) -> None:
            if not gone:
                gone.append(share)
                cluster.scale(0)

        found = regions(net, cube(4), executor=pool, callback=leave)
        assert shards.workers_of(pool) == 0 and gone[0] < 1
    assert found.complete and same(found, regions(net, cube(4)))


@pytest.mark.skipif(not (shutil.which("mpiexec") and installed("mpi4py")), reason="installed without MPI")
@pytest.mark.slow
def test_the_code_of_the_guide_runs_with_mpi_bit_by_bit(tmp_path: Path) -> None:
    (code,) = [part.removeprefix("py\n") for part in GUIDE.read_text().split("```")[1::2] if part.startswith("py\n")]
    again = """
    one = fl.regions(net, box)
    assert (one.maps == found.maps).all() and (one.complex.vertices == found.complex.vertices).all()
"""
    (tmp_path / "ask.py").write_text(code + again)
    source = str(Path(foldline.__file__).parent.parent)
    ran = subprocess.run(
        ["mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures", "ask.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
        env=os.environ | OPEN_MPI | {"PYTHONPATH": source},
    )  # fmt: skip
    assert ran.returncode == 0 and ran.stdout == "256 True True\n", ran.stderr[-2000:]
