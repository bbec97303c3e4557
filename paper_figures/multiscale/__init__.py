"""Figures on the accuracy of multiscale statistics."""
