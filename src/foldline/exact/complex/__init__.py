"""The complex of a network on a box: every region of 1, 2 or 3 inputs, with its faces."""
