"""What descent left of a shape that is smaller than a cell, mended in the network: crumbs and handles."""
