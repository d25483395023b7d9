"""The few kinds of failure foldline reports.

Every message is one sentence pattern: ``<who> needs <expected>; got <name, shape or value>. <what to do>.``
The command line maps the kind to an exit code; a library user catches ``FoldlineError`` or the built-in it also is.
"""

from __future__ import annotations


class FoldlineError(Exception):
    """The base of every failure that foldline reports on purpose."""

    exit_code = 2


class InputError(FoldlineError, ValueError):
    """A file, table, mesh, box or argument that cannot be used as it is."""


class NetworkError(FoldlineError, ValueError):
    """A network whose weights, shapes or units do not fit the question."""


class BudgetError(FoldlineError):
    """The answer would not fit the budget; raised before the work starts."""

    exit_code = 3


class FileError(FoldlineError, OSError):
    """A path that cannot be read or written."""

    exit_code = 4


class MissingError(FoldlineError, ImportError):
    """An optional package that what is asked for needs is not installed; the message has the line that installs it."""


class FitError(FoldlineError, ArithmeticError):
    """A fit that stopped being finite; ``network`` holds the last good weights where there are any."""

    network: object = None
