"""The HTTP API: what STAC clients understand, and questions of content beside it."""
