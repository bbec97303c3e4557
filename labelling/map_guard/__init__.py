"""Whether one segmentation may take another's place: single pixels, asked of an expert."""
