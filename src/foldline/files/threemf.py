"""3MF files: the models that slicers print (3MF Core Specification 1.3, sections 3 and 4)."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..text import counted, short
from .lines import empty, real
from .polygons import mesh_of, placed
from .source import content
from .unpack import MAX_BYTES, zip_size

if TYPE_CHECKING:
    from ..mesh import Mesh

Array = NDArray[np.float64]
Begin = Callable[[str, dict[str, str]], None]  # what is done with an element: its name and its attributes
Key = tuple[str, str]  # of an object: the part it is in, and its number there

ROOT, TARGET = "_rels/.rels", "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"  # objects in other parts
HARMLESS = (PRODUCTION, "http://schemas.microsoft.com/3dmanufacturing/material/2015/02")  # what may be required
PRINTED = ("model", "solidsupport", "surface")  # object types that belong to the shape; the others are supports
MAX_DEPTH = 256  # of objects in objects: deeper than any real model
MOST_NUMBERS = 40_000_000  # vertices and corners that all copies make together: about 1 GB of work
MOST_COPIES = 100_000
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError, ValueError)  # archives
LONGEST = 20  # characters of a unit that are told
SEP = " "  # between a name space and a name


# What PrusaSlicer and those that follow Bambu's write beside the model, and how it marks what is no solid in it.
SETTINGS = ("Metadata/Slic3r_PE_model.config", "Metadata/model_settings.config")
MODIFIERS = re.compile(
    rb'"volume_type" value="(?:ParameterModifier|NegativeVolume|Support\w+)"'
    rb'|subtype="(?:modifier_part|negative_part|support_\w+)"'
)


@dataclass(frozen=True, eq=False)
class Item:
    """One object that is built, its place, and whether a slicer prints it."""

    key: Key
    place: Array
    printed: bool


@dataclass(eq=False)
class Part:
    """One object: its own triangles, or other objects, each with its place."""

    kind: str
    vertices: array[float] = field(default_factory=lambda: array("d"))
    corners: array[int] = field(default_factory=lambda: array("q"))
    holds: list[tuple[Key, Array]] = field(default_factory=list)


def read_3mf(path: Path) -> Mesh:
    """Return the triangles of all objects that a 3MF file builds as one mesh, in the file's unit, which is noted.

    Supports, and items that are not printed where others are, are left out, which is said, as are volumes that only
    change the print; a copy that mirrors has its triangles turned round.
    raises   InputError naming the part that is missing or wrong, required extensions that change polygons, and files
             that unpack, or whose copies come, to more than memory holds
    """
    data, name = content(path), path.name
    if not data:
        raise empty(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if zip_size(io.BytesIO(data)) > MAX_BYTES:
                raise _refused(name, f"at most {MAX_BYTES:,} bytes when unpacked; got more")
            model = _Model(name, package)
            model.read(_start(name, package))
            return model.mesh()
    except InputError:
        raise
    except (*DAMAGED, expat.ExpatError) as error:
        raise InputError(f"{name}: not a 3MF ({error}). Export it again.") from None


def _refused(name: str, what: str) -> InputError:
    return InputError(f"{name}: a 3MF needs {what}. Export it again, as a plain .stl.")


def _member(name: str, package: zipfile.ZipFile, part: str) -> bytes:
    found = {info.filename.lstrip("/").lower(): info for info in package.infolist()}.get(part.lower())
    if found is None:
        raise _refused(name, f"its part {part[:60]!r}; got none")
    return package.read(found)


def _start(name: str, package: zipfile.ZipFile) -> str:
    """The name of the part with the model, by the package's relations."""
    targets: list[str] = []

    def begin(tag: str, told: dict[str, str]) -> None:
        if _local(tag) == "Relationship" and told.get("Type") == TARGET:
            targets.append(_plain(told.get("Target", "")))

    _parse(name, _member(name, package, ROOT), begin)
    if not targets:
        raise _refused(name, "a relation to its model; got none")
    return targets[0]


def _parse(name: str, data: bytes, begin: Begin, space: Callable[[str, str], None] | None = None) -> None:
    parser = expat.ParserCreate(namespace_separator=SEP)
    parser.StartElementHandler = begin
    parser.StartNamespaceDeclHandler = space
    parser.StartDoctypeDeclHandler = lambda *_: _no_entities(name)
    parser.Parse(data, True)


def _no_entities(name: str) -> None:
    raise _refused(name, "no document type in its parts; got one")


def _local(tag: str) -> str:
    return tag.rpartition(SEP)[2]


def _plain(part: str) -> str:
    return str(PurePosixPath("/") / part).lstrip("/")


class _Model:
    """Objects and what is built of them, gathered part by part."""

    def __init__(self, name: str, package: zipfile.ZipFile) -> None:
        self.name, self.package = name, package
        self.objects: dict[Key, Part] = {}
        self.items: list[Item] = []
        self.unit, self.spaces = "millimeter", dict[str | None, str]()
        self.now: tuple[str, Part] = ("", Part("model"))
        self.seen = set[str]()

    def read(self, part: str) -> None:
        """Read a part, and those that its objects are in; only the first one's build counts."""
        first, waiting = part, [part]
        while waiting:
            here = waiting.pop()
            if here in self.seen:
                continue
            self.seen.add(here)
            before = len(self.items)
            _parse(
                self.name, _member(self.name, self.package, here),
                partial(self._begin, here), self.spaces.__setitem__,
            )  # fmt: skip
            if here != first:
                del self.items[before:]
            held = [key for item in self.objects.values() for key, _ in item.holds] + [item.key for item in self.items]
            waiting += [other for other, _ in held if other not in self.seen]

    def _begin(self, part: str, tag: str, told: dict[str, str]) -> None:
        space, _, local = tag.rpartition(SEP)
        if space != CORE:
            return
        try:
            match local:
                case "vertex":
                    self.now[1].vertices.extend(real(told[axis]) for axis in "xyz")
                case "triangle":
                    self.now[1].corners.extend(int(told[corner]) for corner in ("v1", "v2", "v3"))
                case "object":
                    if (part, told["id"]) in self.objects:
                        raise ValueError("its id is there twice")
                    self.now = (told["id"], Part(told.get("type", "model")))
                    self.objects[part, told["id"]] = self.now[1]
                case "component":
                    self.now[1].holds.append((self._named(part, told), _transform(told)))
                case "item":
                    self.items.append(Item(self._named(part, told), _transform(told), told.get("printable") != "0"))
                case "model":
                    self._open(told)
        except InputError:
            raise
        except (KeyError, ValueError, OverflowError) as error:
            got = " ".join(f"{key}={value}" for key, value in told.items())[:60]
            raise _refused(self.name, f"whole elements; got {local} {got!r} ({error})") from None

    def _open(self, told: dict[str, str]) -> None:
        self.unit = told.get("unit", self.unit) if not self.items else self.unit
        for prefix in told.get("requiredextensions", "").split():
            if self.spaces.get(prefix) not in HARMLESS:
                got = self.spaces.get(prefix, prefix)
                raise _refused(self.name, f"no required extensions that change polygons; got {got[:80]!r}")

    def _named(self, part: str, told: dict[str, str]) -> Key:
        elsewhere = told.get(f"{PRODUCTION}{SEP}path")
        return (_plain(elsewhere) if elsewhere else part), told["objectid"]

    def mesh(self) -> Mesh:
        points, corners, mirrored, supports, n = [np.empty((0, 3))], [np.empty(0, dtype=np.int64)], 0, 0, 0
        copies = list(self._copies())
        self._check_size([part for part, _ in copies])
        for part, place in copies:
            if part.kind not in PRINTED:
                supports += 1
                continue
            own, faces = np.array(part.vertices).reshape(-1, 3), np.array(part.corners, dtype=np.int64).reshape(-1, 3)
            if faces.size and (faces.min() < 0 or faces.max() >= len(own)):
                raise _refused(self.name, f"triangles that name its object's {len(own)} vertices; got another")
            moved, faces, turned = placed(own, faces, place)
            mirrored += turned
            points.append(moved)
            corners.append((faces + n).ravel())
            n += len(own)
        notes = [f"lengths in the unit of the file: {short(self.unit, LONGEST)}"]
        notes += [counted(supports, "support of the print", "left out")] if supports else []
        notes += self._said_of_the_print()
        all_corners = np.concatenate(corners)
        if not len(all_corners):
            raise empty(self.name)
        ends = np.arange(0, len(all_corners) + 1, 3)
        return mesh_of(self.name, np.concatenate(points), all_corners, ends, mirrored=mirrored, notes=notes)

    def _built(self) -> list[Item]:
        """What is printed; all where nothing is."""
        return [item for item in self.items if item.printed] or self.items

    def _said_of_the_print(self) -> list[str]:
        """What a slicer marked: items that it does not print, and volumes that are no part of the solid."""
        aside, out = sum(not item.printed for item in self.items), len(self.items) - len(self._built())
        notes = (
            [f"{counted(aside, 'item')} marked as not to be printed, {'left out' if out else 'taken'}"] if aside else []
        )
        marked = sum(
            len(MODIFIERS.findall(self.package.read(part))) for part in SETTINGS if part in self.package.namelist()
        )
        told = counted(marked, "volume", "that its slicer marks as a modifier, a blocker or a cut, taken for solid")
        return notes + ([told] if marked else [])

    def _copies(self) -> Iterator[tuple[Part, Array]]:
        """Every object with triangles that is built, once for each time it is."""
        stack, met = [(item.key, item.place, 0) for item in reversed(self._built())], 0
        while stack:
            key, place, depth = stack.pop()
            if key not in self.objects or depth > MAX_DEPTH:
                what = f"object {key[1][:20]!r}" + (" within itself" if depth > MAX_DEPTH else ", which is not there")
                raise _refused(self.name, f"objects made of objects that are there; got {what}")
            part = self.objects[key]
            if len(part.corners) or not part.holds:
                yield part, place
            stack += [(inner, _within(place, there), depth + 1) for inner, there in reversed(part.holds)]
            met += 1
            if met + len(stack) > MOST_COPIES:
                raise _refused(self.name, f"at most {MOST_COPIES:,} copies; got more")

    def _check_size(self, parts: list[Part]) -> None:
        made = sum(len(part.vertices) // 3 + len(part.corners) for part in parts)
        if made > MOST_NUMBERS:
            raise _refused(self.name, f"at most {MOST_NUMBERS:,} vertices and corners; it would make {made:,}")


def _transform(told: dict[str, str]) -> Array:
    """A place as rows of a 3 x 4 matrix: the file's twelve numbers are its columns (section 3.3)."""
    words = told.get("transform", "1 0 0 0 1 0 0 0 1 0 0 0").split()
    if len(words) != 12:
        raise ValueError(f"a transform needs 12 numbers; got {len(words)}")
    return np.array([real(word) for word in words]).reshape(4, 3).T


def _within(outer: Array, inner: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.column_stack([outer[:, :3] @ inner[:, :3], outer[:, :3] @ inner[:, 3] + outer[:, 3]])
