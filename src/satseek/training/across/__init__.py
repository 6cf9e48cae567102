"""Learning across sensors: from places that several sensors saw, without a word."""
