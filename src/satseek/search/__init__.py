"""Asking an archive: every kind of query takes the one path of `searcher`."""
