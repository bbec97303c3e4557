"""One network a file, in torch or in JAX, never both."""
