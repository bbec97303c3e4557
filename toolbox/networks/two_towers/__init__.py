"""Networks of images and texts that meet in one space of unit vectors, and their training."""
