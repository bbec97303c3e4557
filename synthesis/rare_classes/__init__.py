"""The gate, and oversampling of a rare class."""
