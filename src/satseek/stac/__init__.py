"""Catalogs of other people: STAC items become scenes, and chips become STAC items."""
