"""Random processes whose truth is known."""
