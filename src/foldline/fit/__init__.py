"""Samples to a network, by descent."""

from .fitting import fit as fit
