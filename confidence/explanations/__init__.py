"""Explanations of satellite time series: what the answer rests on, and how repeatably."""
