"""Files to values."""

from .kinds import read as read
