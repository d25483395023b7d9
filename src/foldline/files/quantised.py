"""Weights kept as small integers: codes, which are numbers only times a scale."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import InputError

CODES = frozenset("int8 uint8 int16 uint16 I8 U8 I16 U16 qint8 quint8 qint32 quint4x2 quint2x4".split())


def check_values(file: str, key: str, kind: str, names: Iterable[str]) -> None:
    """Refuse an array of weights whose integers are codes.

    kind    of its numbers, in the words of numpy, safetensors or torch
    names   of all arrays of the file: those that may be the scale are named
    raises  InputError

    >>> check_values("a.npz", "W0", "int64", ["W0"])
    """
    if kind not in CODES:
        return
    beside = [name for name in names if name != key and ("scale" in name.lower() or "zero" in name.lower())][:3]
    there = "in the tensor: .dequantize() takes it" if kind[0] == "q" else "the file has none"
    there = f"beside it: {', '.join(beside)}" if beside else there
    raise InputError(
        f"{file}: a network needs the values of its weights; got {key!r} of {kind}: integers of quantised weights, "
        f"values only times a scale ({there}). Save (integers - zero point) * scale as float32, or export .onnx with "
        "DequantizeLinear; if the integers are the weights, save them as int64."
    )
