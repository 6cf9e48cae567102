"""Teaching a small head to join two frozen encoders, on vectors that are made once and kept."""
