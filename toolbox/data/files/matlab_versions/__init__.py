"""The versions of MATLAB's files, and what their values become."""
