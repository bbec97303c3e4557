"""Pictures with names in several languages, read from packages that the user installed."""
