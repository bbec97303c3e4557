"""Baseline, variability, events by FIGO's rules, and scaling of fetal heart rates."""
