"""Kernels in JAX, compiled by Numba on a CPU: arrays in, arrays out, no checks."""
