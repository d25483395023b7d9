"""Project: the folder of a fit, what was asked for, and what is kept of it whatever happens."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..atomic import PART, explained
from ..errors import BudgetError, FileError, FitError, FoldlineError, InputError
from ..lock import LOCK, held
from ..text import json_text, shown
from . import clock
from .app import Writing, print_facts, progress_of
from .stop import Stop, Stopped

if TYPE_CHECKING:
    from ..draw.report import Report
    from ..fit.checkpoint import Checkpoint
    from ..network import Network

CHECKPOINT = "checkpoint.safetensors"
NETWORK = "network.safetensors"
BYTES_A_PARAMETER = 40  # of a checkpoint (12), a new one beside it, and two network files
REPORT_BYTES = 8_000_000  # report and surface


@dataclass(frozen=True)
class Asked:
    """What a fit was asked for: enough to begin it again in another process.

    input    absolute path
    read     options of its reader
    fit      options of ``fit``
    sign     how the sign of a mesh is decided
    holdout  share of the rows kept aside; by the kind of data unless given
    """

    input: str
    read: Mapping[str, Any]
    fit: Mapping[str, Any]
    sign: str
    holdout: float | None

    def as_meta(self) -> dict[str, Any]:
        """Return what a checkpoint holds of it, as JSON values."""
        return asdict(self)

    @classmethod
    def of_meta(cls, meta: Mapping[str, Any], folder: Path) -> Asked:
        """Return what a checkpoint tells.

        raises   InputError if it was not made by ``foldline fit``
        """
        try:
            asked = cls(**meta)
            return cls(str(asked.input), dict(asked.read), dict(asked.fit), str(asked.sign), asked.holdout)
        except (TypeError, ValueError):
            raise InputError(
                f"resume needs a checkpoint of foldline fit; got {folder / CHECKPOINT}, made otherwise. "
                "Go on where it was made: fit(..., checkpoint=...)."
            ) from None


@contextmanager
def project(folder: Path) -> Iterator[Path]:
    """Hold a folder, made if there is none; on leaving, an empty one that was made here is gone.

    raises   FileError if it is a file, cannot be written, or another process works in it
    """
    if folder.exists() and not folder.is_dir():
        raise FileError(f"--out needs a folder; got the file {folder}. Choose another name.")
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explained(error, folder, 0) from error
        with held(folder):
            yield folder
    finally:
        for path in made:
            with suppress(OSError):
                path.rmdir()


@dataclass(frozen=True)
class Fitting:
    """A fit into the folder of a project: what every kind of fit does before, while and after it descends."""

    folder: Path
    stop: Stop
    how: Writing

    def fitted(
        self, n_parameters: int, about: Mapping[str, Any], doing: str, descend: Callable[..., Network],
        above: Callable[[], str] | None = None, notes: Sequence[str] = (),
    ) -> Network:  # fmt: skip
        """Return the network of ``descend(checkpoint=, callback=, stop=)``; one stopped or diverged ends the verb.

        about    what the checkpoint is to hold, to go on with
        above    what stands above the bar
        notes    what was taken for granted, said as the work begins: a fit that is refused is refused in one line
        """
        from ..fit.checkpoint import Checkpoint

        _need_room(self.folder, n_parameters)
        checkpoint, shows = Checkpoint(self.folder / CHECKPOINT, about=about), progress_of(self.how.show, doing, above)
        with _kept_if_diverged(self.folder), self.stop.patiently(), shows as tell:
            network = descend(checkpoint=checkpoint, callback=self._saying(notes, tell), stop=self.stop)
        _stopped_midway(network, self.stop, checkpoint, self.folder)
        return network

    def _saying(self, notes: Sequence[str], tell: Callable[..., None]) -> Callable[..., None]:
        """Say notes before the first step is told."""
        waiting = list(notes)

        def told(*step: Any) -> None:
            while waiting:
                self.how.show.print(shown(f"note    {waiting.pop(0)}"))
            tell(*step)

        return told

    def publish(self, network: Network, doing: str, report_of: Callable[[], Report]) -> None:
        """Write the network and its report, and say what is in it; whatever happens, the network is kept."""
        with _kept_whatever_happens(network, self.folder):
            with self.how.show.status(doing):
                made = report_of()
            _write(network, made, self.folder, force=self.how.force)
        (self.folder / CHECKPOINT).unlink(missing_ok=True)
        print_facts(made.facts, made.rows, self.how, network)
        self.how.say.print(shown(f"report  {self.folder / 'report.html'}"))


def _write(network: Network, made: Report, folder: Path, *, force: bool) -> None:
    from ..atomic import result_folder, write_bytes
    from ..files.ply import without_values

    with result_folder(folder, force=force) as part:
        network.save(part / NETWORK)
        if network.codes is None:
            network.save(part / "network.onnx")
        if made.surface is not None:
            without_values(made.surface).save(part / "surface.ply")
        write_bytes(part / "report.html", made.html.encode())
        write_bytes(part / "report.json", (json_text(made.facts, indent=1) + "\n").encode())


def begin(folder: Path, *, force: bool) -> None:
    """Make sure that a fit may begin in a folder.

    raises   FileError if there are files and ``force`` is off
    """
    files = [path.name for path in folder.iterdir() if path.name != LOCK and path.suffix != PART]
    if CHECKPOINT in files and not force:
        raise FileError(
            f"--out needs a new or empty folder; {folder} has a fit that was stopped. "
            f"Go on with it: foldline resume {folder}, or begin anew with --force."
        )
    if files and not force:
        raise FileError(f"--out needs a new or empty folder; {folder} has files. Use --force to replace them.")
    (folder / CHECKPOINT).unlink(missing_ok=True)


def stopped_in(folder: Path) -> Path:
    """Return the checkpoint of a fit that was stopped.

    raises   FileError if there is none
    """
    path = folder / CHECKPOINT
    if not path.is_file():
        raise FileError(
            f"resume needs the folder of a fit that was stopped; got {folder} without {CHECKPOINT}. "
            f"Begin one: foldline fit FILE --out {folder}."
        )
    return path


def _need_room(folder: Path, n_parameters: int) -> None:
    """Refuse a disk that would be full before the end.

    raises   FileError
    """
    needed, free = REPORT_BYTES + BYTES_A_PARAMETER * n_parameters, shutil.disk_usage(folder).free
    if needed > free:
        raise FileError(
            f"fit needs {needed / 1e6:.3g} MB for {folder}; got {free / 1e6:.3g} MB free. Make room, or choose "
            "another disk with --out."
        )


@contextmanager
def _kept_if_diverged(folder: Path) -> Iterator[None]:
    """Save the last good weights of a fit inside that stops being finite, and say where they are.

    raises   FitError
    """
    from ..network import Network

    try:
        yield
    except FitError as error:
        if not isinstance(error.network, Network):
            raise
        raise FitError(f"{error} They are in {_rescued(error.network, folder)}.") from error


def _stopped_midway(network: Network, stop: Stop, checkpoint: Checkpoint, folder: Path) -> None:
    """End the verb where a fit was stopped; the network so far is kept.

    raises   Stopped; LateError where it was for the time
    """
    if stop.number is None or (network.training and network.training.complete and not stop.late):
        return
    kept = _rescued(network, folder)
    lost = f" ({checkpoint.lost})" if checkpoint.lost else ""
    told = f"the network so far is in {kept}{lost}. Go on with it: foldline resume {folder}"
    if stop.late:
        raise clock.LateError(f"fit needs more seconds than it was given; {told}")
    raise Stopped(stop.number, f"fit was stopped; {told}")


@contextmanager
def _kept_whatever_happens(network: Network, folder: Path) -> Iterator[None]:
    """Save a network that was fitted where what is made of it inside fails, and say where it is.

    raises   BudgetError where the time or the memory was over, FileError for all else
    """
    try:
        yield
    except (FoldlineError, OSError, MemoryError) as error:
        clock.off()
        kept = _rescued(network, folder)
        where = f"The network is in {kept}." if kept else "The network could be saved nowhere."
        again = f" Then go on: foldline resume {folder}." if (folder / CHECKPOINT).is_file() else ""
        raise (BudgetError if isinstance(error, BudgetError) else FileError)(f"{error} {where}{again}") from error


def _rescued(network: Network, folder: Path) -> Path | None:
    """Return where a network was saved after all: in its folder, or where temporary files go; None if nowhere."""
    for path in (folder / NETWORK, Path(tempfile.gettempdir()) / f"foldline-{folder.name}-{NETWORK}"):
        with suppress(FileError):
            return network.save(path, force=True)
    return None
