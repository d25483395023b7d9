"""What the names of a file's layers say: where each stands, and to which part it belongs."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Words of names that say where a layer stands.  A head stands beside other heads; a body stands before what follows.
HEADS = frozenset(
    "actor critic policy value values pi vf q adv advantage mu mean sigma std var logvar logstd logits probs reward "
    "branch tower skip shortcut residual res downsample aux left right".split()
)
FIRST = frozenset("input in first inp stem embed embedding encoder enc".split())
MIDDLE = frozenset(
    "hidden hid middle mid second third body trunk backbone base shared features feature layer layers lin linear fc "
    "dense net network mlp main model block blocks inner latent bottleneck".split()
)
LAST = frozenset("decoder dec output out head last final classifier cls fourth".split())
ENDS = frozenset("output out head last final".split())


def rank(words: frozenset[str]) -> int | None:
    """Return where words say that a layer stands: 0 first, 1 in the middle, 2 last, None if they do not say.

    >>> rank(words_of("encoder.0")), rank(words_of("fc1")), rank(words_of("out")), rank(words_of("xyz"))
    (0, 1, 2, None)
    """
    return next((place for place, known in enumerate((FIRST, MIDDLE, LAST)) if words & known), None)


def words_of(name: str) -> frozenset[str]:
    """Return the words of a name, in small letters, one of many too.

    >>> sorted(words_of("valueHeads_2"))
    ['head', 'heads', 'value']
    """
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    return frozenset([*words, *(word.removesuffix("s") for word in words)])


def stem(name: str) -> str:
    """Return a name without its number: fc1 and fc2 have one stem, and so have dense and dense_1.

    >>> stem("fc12"), stem("dense_1"), stem("net.0")
    ('fc', 'dense', 'net.')
    """
    return re.sub(r"[_-]?\d+$", "", name)


def row_of(name: str) -> str:
    """Return what the names of one row of numbered layers share.

    >>> row_of("body.0") == row_of("body.2"), row_of("blocks.0.fc1") == row_of("blocks.1.fc2")
    (True, True)
    """
    return stem(re.sub(r"\d+", "0", name))


def natural(text: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts layer2 before layer10.

    >>> sorted(["layer10", "layer2"], key=natural)
    ['layer2', 'layer10']
    """
    return [(0, int(t), "") if t.isdigit() else (1, 0, t) for t in re.split(r"(\d+)", text) if t]


def part_of(name: str, names: Sequence[str]) -> str:
    """Return the name of the part a layer belongs to: what stands behind the words that all names begin with.

    >>> part_of("net.body.0", ["net.body.0", "net.body.2", "net.head"])
    'body'
    """
    split = [other.split(".") for other in names]
    shared = 0
    while all(len(words) > shared + 1 and words[shared] == split[0][shared] for words in split):
        shared += 1
    return name.split(".")[shared:][0]
