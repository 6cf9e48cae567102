"""Models: each encodes chips, and words where it has them, into unit vectors of one space."""
