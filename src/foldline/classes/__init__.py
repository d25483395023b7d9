"""Classes of shapes: a folder to one network with codes, and what is asked of it."""
