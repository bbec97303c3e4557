"""Checks of arguments, records, random streams, devices, torch beside JAX, whole files."""
