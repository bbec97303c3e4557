"""Recordings of fetal heart rate as hospitals keep them, and windows before delivery."""
