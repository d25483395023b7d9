"""Level sets of networks with 3 inputs, region to region."""
