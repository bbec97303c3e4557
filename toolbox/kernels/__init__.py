"""Pure JAX kernels: arrays in, arrays out, shapes annotated, no checks."""
