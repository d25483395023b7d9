"""Regions of any number of inputs, by depth-first search."""
