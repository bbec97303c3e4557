"""Satellite time series from files: folders of PASTIS, of BreizhCrops, and stacks of GeoTIFF."""
