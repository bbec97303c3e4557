"""Proper scores, recalls, selective risk, outliers."""
