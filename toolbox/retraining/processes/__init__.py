"""Who trains the members: worker processes, job arrays, a Dask cluster."""
