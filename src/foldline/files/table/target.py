"""The target of a table: numbers or classes, and why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...text import short
from .columns import CATEGORIES, CLASSES
from .doubts import alike, almost
from .entries import Reading
from .looked import Part, Table, about_units, count
from .odd import odd_entry
from .options import named

Array = NDArray[np.float64]

FEW = 10  # different whole numbers, up to which a target of numbers may well be one of classes


def target_of(table: Table) -> int:
    """Return the place of the target: the one that is named, or else the last column that holds something."""
    wanted, names = table.options.target, table.names
    if wanted is None:
        return max((i for i, column in enumerate(table.columns) if column.filled + column.nones), default=0)
    return named(names, wanted, "target")


def goal(table: Table, at: int) -> tuple[Part, tuple[str, ...]]:
    """The target's column, and its classes if it has any."""
    column, name, asked = table.columns[at], table.names[at], table.options.classification
    if column.filled + column.nones == 0:
        raise InputError(
            f"{table.name}: a table needs its target; got column {name!r} without a value. Choose another."
        )
    if table.head.listed and asked is not False:
        return _classes(table, at, "the first line lists classes")
    if column.numeric and not asked:
        table.found.append(f"the target {name!r} holds numbers: regression{_maybe_classes(table, at)}")
        table.found.extend(about_units(table, at))
        return Part(at, name), ()
    if asked is False or (column.odd and not asked):
        raise odd_entry(table, at, "y", column.odd or min(column.first.values()))
    return _classes(table, at, "as --classification says" if asked else "text")


def _maybe_classes(table: Table, at: int) -> str:
    column = table.columns[at]
    texts = column.texts or {}
    if table.options.classification is False or not 1 < len(texts) <= FEW or table.n <= len(texts):
        return ""
    if any(not float(table.reading.number(text) or 0.0).is_integer() for text in texts):
        return ""
    shown = ", ".join(sorted(texts, key=_order))
    return f"; if its {len(texts)} values ({shown}) are classes, give --classification"


def _classes(table: Table, at: int, why: str) -> tuple[Part, tuple[str, ...]]:
    column, name = table.columns[at], table.names[at]
    if column.texts is None:
        raise InputError(
            f"{table.name}: a classification needs at most {CLASSES:,} classes; got more in column {name!r}. "
            "Choose another --target."
        )
    classes = tuple({_key(table, text): text for text in sorted(column.texts, key=_order, reverse=True)}.values())[::-1]
    if len(classes) < 2:
        raise InputError(
            f"{table.name}: a classification needs >= 2 classes, got {{{', '.join(classes)}}}. Choose another target."
        )
    n = column.filled + column.nones
    if len(classes) == n > 2 or (len(classes) > CATEGORIES and 2 * len(classes) > n):
        number = ", --regression for its numbers" if column.numeric else ""
        raise InputError(
            f"{table.name}: a classification needs rows that share a class; got column {name!r} with {len(classes):,} "
            f"classes in {n:,} rows: names, it seems{almost(table, at)}. Choose another --target{number}."
        )
    shown = ", ".join(table.head.listed if _is_listed(table, classes) else classes)
    table.found.append(
        f"the target {name!r} ({why}): classification, {len(classes)} classes ({short(shown, 200)})"
        + ("" if column.numeric else almost(table, at))
        + alike(classes)
    )
    return Part(at, name, tuple(column.texts)), classes


def numbered(table: Table, y: Array, aim: Part, classes: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
    """Return the class numbers of the rows that are left, and the classes; ``y`` has the place of each row's text."""
    place = {_key(table, name): i for i, name in enumerate(classes)}
    y = np.array([place[_key(table, text)] for text in aim.texts], dtype=np.float64)[y.astype(np.int64)]
    left = np.unique(y).astype(np.int64)
    if len(left) < len(classes):
        gone = [name for i, name in enumerate(classes) if i not in left]
        table.found.append(f"no row is left of {count(len(gone), 'class')}: {short(', '.join(gone), 200)}")
        y, classes = np.searchsorted(left, y).astype(np.float64), tuple(classes[i] for i in left)
    if len(classes) < 2:
        raise InputError(
            f"{table.name}: a classification needs >= 2 classes, got {{{', '.join(classes)}}} in rows without empty "
            "entries. Fill some in."
        )
    return y, table.head.listed if _is_listed(table, classes) else classes


def _is_listed(table: Table, classes: tuple[str, ...]) -> bool:
    """Whether the first line has a name for each class number."""
    return classes == tuple(map(str, range(len(table.head.listed))))


def _key(table: Table, text: str) -> str | float:
    """What makes two entries one class: equal numbers, or equal texts."""
    number = table.reading.number(text)
    return text if number is None else number


def _order(text: str) -> tuple[bool, float, str]:
    number = Reading().number(text)
    return (number is None, number or 0.0, text)
