"""Data sets as others publish them, read into sets of images with captions."""
