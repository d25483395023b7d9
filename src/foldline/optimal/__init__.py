"""Samples or a function, and the proved best that a network can do with them."""
