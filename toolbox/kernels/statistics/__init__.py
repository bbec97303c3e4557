"""The statistics of a description and their table."""
