"""SS-CM-RSIR: radar finds optical and optical finds radar, learnt from co-registered pairs without a label."""
