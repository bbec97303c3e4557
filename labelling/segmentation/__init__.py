"""Segmentation from few, coarse and weak labels, guarded so that semi-supervision never harms."""
