"""Kernels on a CPU, compiled by Numba: once for all shapes, kept on disk for later processes."""
