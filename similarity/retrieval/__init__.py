"""Nearest items, retrieval scores, clusters from evidence."""
