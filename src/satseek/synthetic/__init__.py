"""A painted world: seeded, georeferenced land seen by every sensor, with the words and the truth for each window."""
