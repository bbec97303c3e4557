"""What is kept of each member, and how it is known to be the same."""
