"""Folders of posed pictures: read as they were written, refused with the reason, and safe to open."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from foldline.data.rays import round_about
from foldline.errors import FileError, InputError
from foldline.files.scene import is_scene, read_cameras, read_scene, scene_files
from foldline.files.scene.colmap import MODELS
from foldline.scene import Camera, Scene

Told = dict[str, Any]


def small(n: int = 3, channels: int = 4, lens: tuple[float, ...] = ()) -> Scene:
    rng = np.random.default_rng(0)
    eyes = [round_about(0.2 * k, k, 6) for k in range(n)]
    eyes = [Camera(eye.pose, 6, 5, (7.0, 7.5), (3.1, 2.4), lens) for eye in eyes]
    pictures = [rng.integers(0, 256, (5, 6, channels), dtype=np.uint8) for _ in range(n)]
    names = [f"r_{k}" for k in range(n)]
    return Scene(eyes, pictures, names, held_out=[k == 1 for k in range(n)], background=(1.0, 1.0, 1.0))


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def same(a: Scene, b: Scene) -> None:
    assert (a.names, a.held_out, a.background) == (b.names, b.held_out, b.background)
    for mine, theirs in zip(a.cameras, b.cameras, strict=True):
        assert mine.pose == pytest.approx(theirs.pose, abs=1e-12)
        assert (mine.focal, mine.centre) == (theirs.focal, theirs.centre)
        assert mine.lens.tolist() == theirs.lens.tolist()
    for mine, theirs in zip(a.pictures, b.pictures, strict=True):
        assert (mine == theirs).all()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("lens", [(), (0.1, -0.02, 0.001, 0.002, 0.01)])
def test_a_scene_is_read_as_it_was_written(tmp_path: Path, channels: int, lens: tuple[float, ...]) -> None:
    scene = small(channels=channels, lens=lens)
    assert is_scene(put(tmp_path, scene_files(scene)))
    same(read_scene(tmp_path), scene)
    same(read_scene(tmp_path / "transforms.json"), scene)


def test_masks_travel(tmp_path: Path) -> None:
    scene = small()
    kept = np.arange(30).reshape(5, 6) % 3 > 0
    put(tmp_path, scene_files(Scene(scene.cameras, scene.pictures, masks=[kept, None, ~kept])))
    masks = read_scene(tmp_path).masks
    assert masks[0] is not None and (masks[0] == kept).all() and masks[1] is None


def described(tmp_path: Path, change: Callable[[Told], None], scene: Scene | None = None) -> Path:
    """A scene's folder with its description changed."""
    put(tmp_path, scene_files(scene or small()))
    told = json.loads((tmp_path / "transforms.json").read_text())
    change(told)
    (tmp_path / "transforms.json").write_text(json.dumps(told))
    return tmp_path


def share(told: Told) -> None:
    """Intrinsics once for all frames."""
    for key in ("w", "h", "fl_x", "fl_y", "cx", "cy"):
        told[key] = next(iter([frame.pop(key) for frame in told["frames"]]))


def by_angle(told: Told) -> None:
    share(told)
    for key in ("w", "h", "fl_y", "cx", "cy"):
        told.pop(key)
    told["camera_angle_x"] = 2 * np.arctan(3 / told.pop("fl_x"))


def without_suffix(told: Told) -> None:
    for frame in told["frames"]:
        frame["file_path"] = "./" + frame["file_path"].removesuffix(".png")


def half_size(told: Told) -> None:
    for frame in told["frames"]:
        for key in ("w", "h", "fl_x", "fl_y", "cx", "cy"):
            frame[key] *= 2


@pytest.mark.parametrize("change", [share, half_size])
def test_intrinsics_may_be_shared_or_of_another_scale(tmp_path: Path, change: Callable[[Told], None]) -> None:
    found = read_scene(described(tmp_path, change))
    assert found.cameras[0].focal == (7.0, 7.5) and found.cameras[2].centre == (3.1, 2.4)
    assert bool(found.findings) == (change is half_size)


def test_an_angle_stands_for_a_focal_length(tmp_path: Path) -> None:
    found = read_scene(described(tmp_path, by_angle))
    assert found.cameras[0].focal == pytest.approx((7.0, 7.0)) and found.cameras[0].centre == (3.0, 2.5)


def test_names_may_have_no_suffix(tmp_path: Path) -> None:
    same(read_scene(described(tmp_path, lambda told: (without_suffix(told), told.pop("test_filenames")))),
         Scene(small().cameras, small().pictures, small().names, background=(1.0, 1.0, 1.0)))  # fmt: skip


def test_blenders_parts_are_joined_and_the_test_is_held_out(tmp_path: Path) -> None:
    def parts(told: Told) -> None:
        by_angle(told)
        without_suffix(told)
        for name, some in (("train", told["frames"][:2]), ("test", told["frames"][2:])):
            part = {"camera_angle_x": told["camera_angle_x"], "frames": some}
            (tmp_path / f"transforms_{name}.json").write_text(json.dumps(part))

    described(tmp_path, parts)
    (tmp_path / "transforms.json").unlink()
    found = read_scene(tmp_path)
    assert found.names == ("r_0", "r_1", "r_2") and found.held_out == (False, False, True)
    assert read_cameras(tmp_path / "transforms_test.json")[1] == ["r_2"]


def spoil(key: str, value: object, frame: int | None = 1) -> Callable[[Told], None]:
    def change(told: Told) -> None:
        (told if frame is None else told["frames"][frame])[key] = value

    return change


SCALED = (2 * np.eye(4)).tolist()
MIRRORED = np.diag([1.0, 1.0, -1.0, 1.0]).tolist()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (spoil("frames", [], None), "needs a list of frames; got"),
        (spoil("frames", [3], None), "frame 0 needs file_path and transform_matrix"),
        (spoil("file_path", 7), "frame 1 needs a file_path; got 7"),
        (spoil("file_path", "images/none.png"), "1 of 3 are missing: images/none.png. There are pictures in images"),
        (spoil("transform_matrix", [[1, 2]]), "frame 1 needs a transform_matrix of 4 rows"),
        (spoil("transform_matrix", SCALED), "images/r_1.png: Camera needs a pose whose axes are orthonormal"),
        (spoil("transform_matrix", MIRRORED), "mirrors"),
        (spoil("fl_x", 0), "focal length above 0; got 0"),
        (spoil("fl_x", "wide"), "frame 1 needs fl_x as a number; got 'wide'"),
        (spoil("fl_x", float("nan")), "frame 1 needs fl_x as a"),
        (spoil("w", 60), "size of its picture; got 60 x 5 for one of 6 x 5"),
        (spoil("w", 0), "frame 1 needs w of 1 pixel"),
        (spoil("camera_model", "OPENCV_FISHEYE", None), "pinhole camera.*got camera_model 'OPENCV_FISHEYE'"),
        (spoil("is_fisheye", True), "got is_fisheye"),
        (spoil("k4", 0.1), "got k4"),
        (spoil("mask_path", "masks/none.png"), "masks that it names; masks/none.png is missing"),
        (spoil("mask_path", 3), "mask_path as a name"),
        (spoil("box", [[0, 0, 0], [1, 0, 1]], None), "box as two corners"),
        (spoil("background", [2, 0, 0], None), "background as three numbers"),
        (spoil("test_filenames", 3, None), "test_filenames needs a list"),
        (lambda told: (share(told), told.pop("fl_x"), told.pop("fl_y")), "needs fl_x .or camera_angle_x."),
        (lambda told: (by_angle(told), told.update(camera_angle_x=4.0)), "angle above 0 and below pi"),
    ],
)
def test_what_is_wrong_with_a_description_is_said(tmp_path: Path, change: Callable[[Told], None], match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_scene(described(tmp_path, change))


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "images/link.png", "a\0b"])
def test_no_file_outside_the_folder_is_opened(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (6, 5)).save(tmp_path / "secret.png")
    folder = tmp_path / "scene"
    folder.mkdir()
    described(folder, spoil("file_path", name))
    (folder / "images" / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises((FileError, InputError), match=r"leads out|missing|names of files"):
        read_scene(folder)


@pytest.mark.parametrize("name", ["/home/bob/images/r_0.png", "C:\\bob\\..\\..\\..\\..\\images\\r_0.png", "../r_9.png"])
def test_where_a_picture_of_another_machine_lies_here_is_said(tmp_path: Path, name: str) -> None:
    told = "write images/r_0.png for it, and others" if "r_0" in name else r"Copy it there, .* \(images/NAME\) for it"
    with pytest.raises(FileError, match=f"leads out of .*{told}"):
        read_scene(described(tmp_path, spoil("file_path", name)))


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ({}, "got neither poses nor pictures"),
        ({"images/a.jpg": b""}, "got 1 pictures without poses. Find their poses first"),
        ({"database.db": b""}, "not reconstructed. Run colmap mapper"),
        ({"transforms_test.json": b"{}"}, "got transforms_test.json alone"),
        ({"transforms.json": b"[1]"}, "needs an object with frames"),
        ({"transforms.json": b"{,"}, "not JSON"),
        ({"transforms.json": b"[" * 100_000}, "not JSON"),
        ({"transforms.json": b"\xff\xfe"}, "not JSON"),
    ],
)
def test_a_folder_that_is_no_scene_is_told_why(tmp_path: Path, files: dict[str, bytes], match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_scene(put(tmp_path, files))


def test_a_path_that_is_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="got nothing"):
        read_scene(tmp_path / "none")
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(FileError, match="got a file"):
        read_scene(tmp_path / "a.png")


def test_pictures_that_are_too_many_are_refused(tmp_path: Path) -> None:
    put(tmp_path, scene_files(small()))
    with pytest.raises(InputError, match="pictures of a scene may take 250 bytes together"):
        read_scene(tmp_path, max_bytes=250)


def test_aabb_scale_is_the_box_where_alpha_tells_none(tmp_path: Path) -> None:
    found = read_scene(described(tmp_path, spoil("aabb_scale", 4, None), small(channels=3)))
    assert found.box is not None and found.box.hi == pytest.approx([2 / 0.33] * 3)
    assert read_scene(described(tmp_path, spoil("aabb_scale", 4, None))).box is None


# COLMAP

LENSES = {
    "SIMPLE_PINHOLE": ((7.0, 3.1, 2.4), (7.0, 7.0), ()),
    "PINHOLE": ((7.0, 7.5, 3.1, 2.4), (7.0, 7.5), ()),
    "SIMPLE_RADIAL": ((7.0, 3.1, 2.4, 0.1), (7.0, 7.0), (0.1,)),
    "RADIAL": ((7.0, 3.1, 2.4, 0.1, -0.02), (7.0, 7.0), (0.1, -0.02)),
    "OPENCV": ((7.0, 7.5, 3.1, 2.4, 0.1, -0.02, 0.001, 0.002), (7.0, 7.5), (0.1, -0.02, 0.001, 0.002)),
}


def outwards(camera: Camera) -> tuple[list[float], list[float]]:
    """Quaternion and translation from world to camera, by SciPy."""
    from scipy.spatial.transform import Rotation

    turn = (camera.pose[:, :3] * [1, -1, -1]).T
    x, y, z, w = Rotation.from_matrix(turn).as_quat()
    return [w, x, y, z], (-turn @ camera.place).tolist()


def colmap(folder: Path, scene: Scene, model: str, binary: bool, numbers: tuple[float, ...] | None = None) -> Path:
    """A folder as COLMAP leaves it."""
    files = {f"images/{name}.png": scene_files(scene)[f"images/{name}.png"] for name in scene.names}
    numbers = LENSES[model][0] if numbers is None else numbers
    points = [(k, *np.random.default_rng(k).normal(size=3).tolist()) for k in range(50)]
    where = "sparse/0"
    if binary:
        head = struct.pack("<QiiQQ", 1, 4, [name for name, _ in MODELS].index(model), 6, 5)
        files[f"{where}/cameras.bin"] = head + struct.pack(f"<{len(numbers)}d", *numbers)
        parts = [struct.pack("<Q", len(scene))]
        for k, (camera, name) in enumerate(zip(scene.cameras, scene.names, strict=True)):
            turn, move = outwards(camera)
            parts.append(struct.pack("<i7di", k, *turn, *move, 4) + f"{name}.png".encode() + b"\0")
            parts.append(struct.pack("<Q", 2) + struct.pack("<ddqddq", 1, 2, -1, 3, 4, 7))
        files[f"{where}/images.bin"] = b"".join(parts)
        records = [struct.pack("<Q3d3BdQii", *p, 1, 2, 3, 0.5, 1, 0, 0) for p in points]
        files[f"{where}/points3D.bin"] = struct.pack("<Q", len(records)) + b"".join(records)
    else:
        files[f"{where}/cameras.txt"] = f"# a comment\n4 {model} 6 5 {' '.join(map(str, numbers))}\n".encode()
        lines = ["# IMAGE_ID, ..."]
        for k, (camera, name) in enumerate(zip(scene.cameras, scene.names, strict=True)):
            turn, move = outwards(camera)
            lines += [f"{k} {' '.join(repr(float(v)) for v in [*turn, *move])} 4 {name}.png", "" if k % 2 else "1 2 -1"]
        files[f"{where}/images.txt"] = "\n".join([*lines, ""]).encode()
        rows = "".join(f"{p[0]} {p[1]!r} {p[2]!r} {p[3]!r} 1 2 3 0.5 0 0\n" for p in points)
        files[f"{where}/points3D.txt"] = rows.encode()
    return put(folder, files)


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("model", LENSES)
def test_a_sparse_model_has_the_cameras_it_was_made_of(tmp_path: Path, model: str, binary: bool) -> None:
    scene = small()
    found = read_scene(colmap(tmp_path, scene, model, binary))
    _, focal, lens = LENSES[model]
    assert found.names == scene.names
    for mine, theirs in zip(found.cameras, scene.cameras, strict=True):
        assert mine.pose == pytest.approx(theirs.pose, abs=1e-12)
        assert (mine.focal, mine.centre) == (focal, (3.1, 2.4)) and mine.lens[: len(lens)].tolist() == list(lens)
    assert found.box is not None and (found.box.lo < -1).all() and (found.box.hi > 1).all()


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("model", [name for name, _ in MODELS if name not in LENSES])
def test_other_models_are_refused_by_name(tmp_path: Path, model: str, binary: bool) -> None:
    with pytest.raises(InputError, match=f"SIMPLE_PINHOLE, PINHOLE.*got {model}"):
        read_scene(colmap(tmp_path, small(), model, binary, (1.0,) * dict(MODELS)[model]))


def test_a_model_without_pictures_says_where_they_go(tmp_path: Path) -> None:
    colmap(tmp_path, small(), "PINHOLE", True)
    for path in (tmp_path / "images").iterdir():
        path.unlink()
    with pytest.raises(InputError, match="needs its pictures beside sparse/0"):
        read_scene(tmp_path)


def test_names_that_are_no_names_of_files_are_not_written() -> None:
    scene = small(1 + 1)
    for name in ("a/b", "..", "a\n", ""):
        with pytest.raises(InputError, match="names of files"):
            scene_files(Scene(scene.cameras, scene.pictures, ["ok", name]))
