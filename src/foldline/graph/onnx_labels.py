"""Labels at the end of an ONNX classifier: the network is what they are chosen from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

CHOOSING = ("ArgMax", "ArgMin", "TopK", "Hardmax", "Binarizer")  # what is chosen from is their first input
PASSING = ("Cast", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Flatten", "Gather", "ArrayFeatureExtractor")
NAMING = ("ZipMap", "LabelEncoder")
CLASSIFIERS = ("LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier")  # a label, then the scores


def before_labels(names: Sequence[str], makers: Mapping[str, Any]) -> list[str]:
    """Return the outputs that are values; of a graph with labels alone, what they are chosen from.

    names    of the outputs
    makers   the node that makes each value, by its name
    """
    found = list(dict.fromkeys(_numbers(name, makers) for name in names if not _is_label(name, makers)))
    if found:
        return found
    return list(dict.fromkeys(_chosen_from(name, makers) for name in names))


def _numbers(name: str, makers: Mapping[str, Any]) -> str:
    """A value behind a dictionary of names, which is the same numbers."""
    while name in makers and makers[name].op_type == "ZipMap":
        name = makers[name].input[0]
    return name


def _label_input(name: str, makers: Mapping[str, Any]) -> str | None:
    """What a value is a mere rearrangement of, if its node only passes on; of a choice from constants the place."""
    node = makers.get(name)
    if node is None or node.op_type not in (*PASSING, *NAMING) or not node.input:
        return None
    at = 1 if node.op_type in ("ArrayFeatureExtractor", "Gather") and node.input[0] not in makers else 0
    return node.input[at] if at < len(node.input) else None


def _is_label(name: str, makers: Mapping[str, Any]) -> bool:
    """Whether a value is a class, not a number of each class."""
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        node = makers.get(name)
        if node is None:
            return False
        if node.op_type in CHOOSING:
            return bool(node.op_type != "TopK" or node.output[0] != name)  # that is the values, in another order
        if node.op_type in CLASSIFIERS:
            return bool(node.output[0] == name)
        before = _label_input(name, makers)
        if before is None:
            return False
        name = before
    return False


def _chosen_from(name: str, makers: Mapping[str, Any]) -> str:
    """The values that a label is chosen from."""
    for _ in range(len(makers)):
        node = makers[name]
        if node.op_type in CHOOSING:
            return str(node.input[0])
        if node.op_type in CLASSIFIERS:
            return str(node.output[1]) if len(node.output) > 1 else name
        before = _label_input(name, makers)
        if before is None:
            break
        name = before
    return name
