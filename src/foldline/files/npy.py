"""NumPy's own files: the one place that knows how its reader stumbles over what is none."""

from __future__ import annotations

import io
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
        return np.load(io.BytesIO(data), allow_pickle=False)


def _told(error: BaseException) -> str:
    if isinstance(error, ValueError) and "Object arrays" in str(error):
        return "Python objects, which are never loaded"
    return "no NumPy file" if "pickled" in str(error) else str(error) or type(error).__name__
