"""What a folder holds, by the names in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from foldline.cli import app
from foldline.errors import FileError, InputError
from foldline.files.folders import kind_of_folder, shapes_in


def filled(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return folder


@pytest.mark.parametrize("names", [("a.off", "b.PLY"), ("a.stl", "b.xyz", "notes.txt")])
def test_two_meshes_or_clouds_are_a_class_of_shapes(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert kind_of_folder(filled(tmp_path, *names)) == "shapes"
    assert [path.name for path in shapes_in(tmp_path)] == [name for name in names if name != "notes.txt"]


CLASS = ("id0/models/model.obj", "id1/models/model.obj")


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (("a.npy", "b.asc", "c.pcd", "d.pts"), ("a.npy", "b.asc", "c.pcd", "d.pts")),
        (("a.off", "b.off", "._a.off", ".DS_Store", "a.mtl"), ("a.off", "b.off")),
        (("a.off", "b.off", "front.png", "side.png"), ("a.off", "b.off")),
        (("a.off", "b.off", "old/c.off"), ("a.off", "b.off")),
        (("train/a.off", "test/b.off", ".trash/c.off"), ("test/b.off", "train/a.off")),
        ((*CLASS, "readme.txt"), CLASS),
    ],
    ids=lambda names: names[-1],
)
def test_folders_as_people_have_them_are_classes(tmp_path: Path, names: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert kind_of_folder(filled(tmp_path, *names)) == "shapes"
    assert tuple(path.relative_to(tmp_path).as_posix() for path in shapes_in(tmp_path)) == kept


def test_pictures_with_poses_are_a_scene_and_one_shape_is_no_class(tmp_path: Path) -> None:
    assert kind_of_folder(filled(tmp_path / "a", "x.off", "y.off", "images/0.png")) == "scene"
    assert kind_of_folder(filled(tmp_path / "b", "0.png", "1.png", "x.off")) == "scene"
    with pytest.raises(InputError, match=r"Fit the one shape by itself: foldline fit '.*my c/x 1\.off'"):
        kind_of_folder(filled(tmp_path / "my c", "x 1.off"))


def test_a_folder_of_nothing_known_is_refused_by_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="with nothing"):
        kind_of_folder(tmp_path)
    with pytest.raises(InputError, match=r"n0\.txt.*and 3 more"):
        kind_of_folder(filled(tmp_path, *(f"n{k}.txt" for k in range(11))))


def test_a_folder_that_is_none_cannot_be_listed(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a folder it can list"):
        kind_of_folder(tmp_path / "gone")


def test_the_command_line_says_what_a_folder_may_hold(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["fit", str(filled(tmp_path, "a.txt"))])
    assert ran.exit_code == 2 and "a class of shapes" in ran.stderr
