"""One script a figure; run them with python -m paper_figures."""
