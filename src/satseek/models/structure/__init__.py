"""Structure: where edges run, which optical and radar pictures of one place have in common."""
