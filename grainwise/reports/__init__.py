"""Reports of a folder for people who read no code: pages in HTML and PDF."""
