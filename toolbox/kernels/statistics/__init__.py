"""The statistics of a description, one file for what is computed together, and their table."""
