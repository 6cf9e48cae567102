"""Filling an archive: sources become scenes, scenes become chips, chips become rows."""
