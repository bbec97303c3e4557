"""Figures on fetal heart rates and photographic papers, simulated or a user's own."""
