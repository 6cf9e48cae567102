"""Where in a scene a question points: chips of several scales, their scores averaged into one heat map."""
