"""The CLIP family: any architecture of open_clip, with one's own weights or those of published satellite models."""
