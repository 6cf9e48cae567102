"""Which of several models is best on one's own archive, folder or captioned images, and by how much."""
