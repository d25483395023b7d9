"""Rational arithmetic on networks: the last word on every sign."""
