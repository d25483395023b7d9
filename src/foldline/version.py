"""The version of the library, one line that every file it writes carries."""

__version__ = "0.1.0"
