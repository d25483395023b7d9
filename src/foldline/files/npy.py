"""NumPy's own files: the one place that knows how its reader stumbles over what is none."""

from __future__ import annotations

import io
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tokenize import TokenError
from typing import Any

import numpy as np

from ..errors import FoldlineError, InputError

# An array's header is Python source to NumPy, which tries it by its tokenizer, too; an archive is a zip.
STUMBLES = (
    ValueError, EOFError, OSError, SyntaxError, TypeError, MemoryError, KeyError, OverflowError, RuntimeError,
    TokenError, IndexError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@contextmanager
def loading(refused: Callable[[str], str]) -> Iterator[None]:
    """Raise InputError with the sentence for what NumPy stumbles over inside; what it warns of is not shown.

    refused   what the file has -> the sentence

    >>> with loading(lambda what: f"a.npy: needs one plain array; got {what}. Save it with np.save."):
    ...     np.load(io.BytesIO(b"1,2"), allow_pickle=False)
    Traceback (most recent call last):
    foldline.errors.InputError: a.npy: needs one plain array; got no NumPy file. Save it with np.save.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except FoldlineError:
        raise
    except STUMBLES as error:
        raise InputError(refused(_told(error))) from error


def array_of(data: bytes, refused: Callable[[str], str]) -> Any:
    """Return what a .npy file holds; Python objects are never loaded.

    raises   InputError, as ``loading`` does
    """
    with loading(refused):
        return with_texts(np.load(io.BytesIO(data), allow_pickle=False))


def with_texts(array: Any) -> Any:
    """Return what NumPy has loaded, once its texts are known to be some: it makes Python texts of any numbers.

    raises   ValueError for numbers that are no characters

    >>> with_texts(np.array(["one"])).tolist()
    ['one']
    """
    kind = getattr(array, "dtype", np.dtype(float))
    for part in [array[name] for name in kind.names] if kind.names else [array]:
        if kind.kind in "UV" and part.dtype.kind == "U" and part.nbytes:
            numbers = np.ascontiguousarray(part).reshape(-1).view(np.dtype("u4").newbyteorder(part.dtype.byteorder))
            if numbers.max() > sys.maxunicode:
                raise ValueError("a text of numbers that are no characters")
    return array


def _told(error: BaseException) -> str:
    if isinstance(error, ValueError) and "Object arrays" in str(error):
        return "Python objects, which are never loaded"
    return "no NumPy file" if "pickled" in str(error) else str(error) or type(error).__name__
