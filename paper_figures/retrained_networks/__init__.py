"""Figures on how sure the answers of retrained networks are."""
