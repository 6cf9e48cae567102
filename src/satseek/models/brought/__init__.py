"""Weights that others published and users bring: where they lie, whether they are the ones, under which licence."""
