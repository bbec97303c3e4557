"""The website: its pages, and what writes those that are made from the packages."""
