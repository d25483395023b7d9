"""The normal form that every exact algorithm works on, and what its numbers can be."""
