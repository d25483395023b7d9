"""Questions about maps: contour lines, slope and aspect."""
