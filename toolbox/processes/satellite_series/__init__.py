"""Satellite time series whose truth is known: seasons of crops, clouds, parcels."""
