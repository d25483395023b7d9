"""Samples to a network, by descent."""

from .descent import fit as fit
