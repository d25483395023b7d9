"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foldline import atomic
from foldline.atomic import result_folder, write_bytes
from foldline.errors import FileError


def names(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.iterdir())


def test_a_file_holds_the_bytes_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    assert write_bytes(tmp_path / "a", b"one").read_bytes() == b"one"
    assert write_bytes(tmp_path / "a", b"two", force=True).read_bytes() == b"two"
    assert names(tmp_path) == ["a"]


def test_a_path_that_is_taken_needs_force(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"one")
    with pytest.raises(FileError, match=r"exists. Use --force"):
        write_bytes(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"


def test_a_folder_is_no_file_name(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"got the folder .* Add a name"):
        write_bytes(tmp_path, b"", force=True)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"a folder that exists; got .*nowhere"):
        write_bytes(tmp_path / "nowhere" / "a", b"")


def test_a_path_through_a_file_is_named(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"")
    with pytest.raises(FileError, match="a path it can reach"):
        write_bytes(tmp_path / "a" / "b", b"")


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(FileError, match="a plain file; got the device"):
        write_bytes(os.devnull, b"", force=True)


def test_no_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(atomic, "_fill", refused)
    with pytest.raises(FileError, match=r"a path it can write; got .*Permission denied") as caught:
        write_bytes(tmp_path / "a", b"")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("moment", ["write", "fsync"])
def test_a_full_disk_leaves_the_old_file_and_says_the_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    write_bytes(tmp_path / "a", b"old")
    fill = atomic._fill

    def full(part: Path, data: bytes) -> None:
        fill(part, data[: 10 if moment == "write" else None])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic, "_fill", full)
    with pytest.raises(FileError, match=r"needs 8 MB for .*a; got .* MB free.*old file is as it was"):
        write_bytes(tmp_path / "a", bytes(8_000_000), force=True)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_write_through_a_link_replaces_what_it_points_to(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"old")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    write_bytes(tmp_path / "link", b"new", force=True)
    assert (tmp_path / "link").is_symlink() and (tmp_path / "a").read_bytes() == b"new"


KILLED = """
import os, signal, sys
from foldline import atomic
atomic._flush_folder = None
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
atomic.write_bytes(sys.argv[1], b"new" * 1000, force=True)
"""


def test_a_killed_write_leaves_the_old_file_and_the_next_one_sweeps_up(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "a")], check=False)
    assert done.returncode != 0
    assert (tmp_path / "a").read_bytes() == b"old" and len(names(tmp_path)) == 2
    write_bytes(tmp_path / "a", b"new", force=True)
    assert names(tmp_path) == ["a"]


def test_the_part_of_a_process_that_lives_is_not_swept(tmp_path: Path) -> None:
    part = atomic._part_of(tmp_path / "a")
    part.write_bytes(b"")
    write_bytes(tmp_path / "a", b"new")
    assert part.exists()


def test_results_appear_together_when_all_are_there(tmp_path: Path) -> None:
    with result_folder(tmp_path / "out") as folder:
        (folder / "a").write_bytes(b"a")
        (folder / "b").write_bytes(b"b")
        assert not (tmp_path / "out").exists()
    assert names(tmp_path / "out") == ["a", "b"] and names(tmp_path) == ["out"]


def test_results_of_a_failed_run_change_nothing(tmp_path: Path) -> None:
    with result_folder(tmp_path / "out") as folder:
        (folder / "a").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), result_folder(tmp_path / "out", force=True) as folder:
        (folder / "a").write_bytes(b"new")
        raise ZeroDivisionError
    assert (tmp_path / "out" / "a").read_bytes() == b"old" and names(tmp_path) == ["out"]


def test_results_replace_their_names_only_by_force(tmp_path: Path) -> None:
    with result_folder(tmp_path / "out") as folder:
        (folder / "a").write_bytes(b"old")
        (folder / "kept").write_bytes(b"kept")
    with pytest.raises(FileError, match=r"exists. Use --force"), result_folder(tmp_path / "out") as folder:
        (folder / "a").write_bytes(b"new")
    with result_folder(tmp_path / "out", force=True) as folder:
        (folder / "a").write_bytes(b"new")
    assert (tmp_path / "out" / "a").read_bytes() == b"new" and names(tmp_path / "out") == ["a", "kept"]


def test_results_need_a_folder(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"")
    with pytest.raises(FileError, match="a folder for the results; got the file"), result_folder(tmp_path / "a"):
        pass
    with pytest.raises(FileError, match="a folder that exists"), result_folder(tmp_path / "no" / "a"):
        pass


def test_a_full_disk_while_results_are_made_is_explained(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="MB free"), result_folder(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == []
