"""3MF files against a writer of the test's own: objects, copies, other parts, and what is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

import foldline as fl
from foldline.errors import FoldlineError
from foldline.files import threemf

NAMES = (
    'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02" '
    'xmlns:p="http://schemas.microsoft.com/3dmanufacturing/production/2015/06" xmlns:b="http://beams"'
)
CORNERS = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
FACES = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]


def tetrahedron(number: int, kind: str = "model") -> str:
    return solid(number, CORNERS, FACES, kind)


def solid(number: int, corners: Iterable[Sequence[float]], triangles: Iterable[Sequence[int]], kind: str) -> str:
    vertices = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in corners)
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in triangles)
    mesh = f"<mesh><vertices>{vertices}</vertices><triangles>{faces}</triangles></mesh>"
    return f'<object id="{number}" type="{kind}">{mesh}</object>'


def group(number: int, *inside: str) -> str:
    return f'<object id="{number}"><components>{"".join(inside)}</components></object>'


def held(number: int, more: str = "") -> str:
    return f'<component objectid="{number}" {more}/>'


def model(objects: str, items: str = '<item objectid="1"/>', told: str = 'unit="inch"') -> str:
    return f"<model {told} {NAMES}><resources>{objects}</resources><build>{items}</build></model>"


def package(text: str, **parts: str) -> bytes:
    file = io.BytesIO()
    kind = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
    relations = f'<Relationships><Relationship Type="{kind}" Target="/3D/3dmodel.model" Id="r"/></Relationships>'
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", relations)
        archive.writestr("3D/3dmodel.model", text)
        for name, other in parts.items():
            archive.writestr(f"3D/Objects/{name}.model", other)
    return file.getvalue()


def read(tmp_path: Path, data: bytes) -> fl.Mesh:
    (tmp_path / "a.3mf").write_bytes(data)
    return fl.read_mesh(tmp_path / "a.3mf")


def test_an_object_is_read_in_the_files_unit(tmp_path: Path) -> None:
    found = read(tmp_path, package(model(tetrahedron(1))))
    assert found.vertices.tolist() == [list(map(float, corner)) for corner in CORNERS]
    assert found.corners.reshape(-1, 3).tolist() == [list(face) for face in FACES]
    assert found.volume == pytest.approx(1 / 6) and "unit of the file: inch" in found.meta["notes"][0]


def test_a_unit_that_is_a_book_is_told_by_its_beginning(tmp_path: Path) -> None:
    found = read(tmp_path, package(model(tetrahedron(1), told=f'unit="{"a" * 10**5}"')))
    assert found.meta["notes"][0].endswith("unit of the file: aaaaaaaaaaaaaaaaa...")


def test_copies_are_placed_and_a_mirrored_one_is_turned_round(tmp_path: Path) -> None:
    far, mirror = "1 0 0 0 2 0 0 0 1 10 20 30", "-1 0 0 0 1 0 0 0 1 0 0 -5"
    objects = tetrahedron(1) + group(2, held(1, f'transform="{mirror}"'))
    found = read(tmp_path, package(model(objects, f'<item objectid="1"/><item objectid="2" transform="{far}"/>')))
    assert found.meta["repaired"]["mirrored"] == 4 and found.volume == pytest.approx(1 / 6 + 2 / 6)
    assert found.vertices.max(axis=0).tolist() == [10, 22, 26] and np.abs(found.vertices[:, 0]).max() == 10


def test_objects_may_be_in_other_parts_and_supports_stay_out(tmp_path: Path) -> None:
    inside = held(1, 'p:path="/3D/Objects/wheel.model"')
    objects = group(1, inside) + tetrahedron(2, "support")
    text = model(objects, '<item objectid="1"/><item objectid="2"/>', 'requiredextensions="p"')
    found = read(tmp_path, package(text, wheel=model(tetrahedron(1), '<item objectid="1"/>')))
    assert found.n_faces == 4 and "1 support of the print left out" in found.meta["notes"]


@pytest.mark.parametrize(
    ("printed", "faces", "said"),
    [
        ("10", 4, "1 item marked as not to be printed, left out"),
        ("00", 8, "2 items marked as not to be printed, taken"),
        ("11", 8, None),
    ],
)
def test_what_is_not_printed_stays_out_unless_nothing_is(tmp_path: Path, printed: str, faces: int, said: str):
    items = "".join(f'<item objectid="{i + 1}" printable="{word}"/>' for i, word in enumerate(printed))
    other = solid(2, np.add(CORNERS, 5).tolist(), FACES, "model")
    found = read(tmp_path, package(model(tetrahedron(1) + other, items)))
    assert found.n_faces == faces and found.meta["notes"][1:] == ([said] if said else [])


@pytest.mark.parametrize(
    ("part", "settings"),
    [
        (0, '<volume><metadata type="volume" key="volume_type" value="ParameterModifier"/></volume>'),
        (1, '<object id="1"><part id="1" subtype="negative_part"/><part id="2" subtype="normal_part"/></object>'),
    ],
    ids=["PrusaSlicer", "Bambu"],
)
def test_volumes_that_only_change_the_print_are_said(tmp_path: Path, part: int, settings: str) -> None:
    file = io.BytesIO(package(model(tetrahedron(1))))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(threemf.SETTINGS[part], settings)
    assert "1 volume that its slicer marks as a modifier" in read(tmp_path, file.getvalue()).meta["notes"][1]


DOUBLING = "".join(group(n, held(n + 1), held(n + 1)) for n in range(1, 60)) + tetrahedron(60)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"no zip", "not a 3MF"),
        (b"", "got no triangles"),
        (package(model(tetrahedron(1), '<item objectid="7"/>')), "object '7', which is not there"),
        (package(model(group(1, held(1)))), "object '1' within itself"),
        (package(model(DOUBLING)), "at most 100,000 copies"),
        (package(model(tetrahedron(1), told='requiredextensions="b"')), "change polygons; got 'http://beams'"),
        (package("<!DOCTYPE a [<!ENTITY b 'c'>]>" + model(tetrahedron(1))), "no document type"),
        (package(model(tetrahedron(1).replace('x="1"', 'x="one"'))), "got vertex 'x=one"),
        (package(model(tetrahedron(1).replace('x="1"', 'x="nan"'))), "finite vertices"),
        (package(model(tetrahedron(1).replace('v1="1"', 'v1="9"'))), "its object's 4 vertices"),
        (package(model(tetrahedron(1).replace('v1="1"', 'v1="-1"'))), "its object's 4 vertices"),
        (package(model(tetrahedron(1), '<item objectid="1" transform="1 0 0"/>')), "12 numbers; got 3"),
        (package(model(group(1, held(1, 'p:path="/gone.model"')))), "its part 'gone.model'; got none"),
        (package(model(tetrahedron(1) + tetrahedron(1))), "got object 'id=1 .*its id is there twice"),
        (package(model("", "")), "got no triangles"),
        (package("<model"), "not a 3MF"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_is_no_3mf_is_refused(tmp_path: Path, data: bytes, told: str) -> None:
    with pytest.raises(FoldlineError, match=told):
        read(tmp_path, data)


def test_a_package_that_unpacks_to_too_much_is_refused_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threemf, "MAX_BYTES", 10_000)
    with pytest.raises(FoldlineError, match="at most 10,000 bytes when unpacked"):
        read(tmp_path, package(model(tetrahedron(1)) + " " * 10_000))
