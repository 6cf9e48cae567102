"""The words of the domain: standard library and numpy only."""
