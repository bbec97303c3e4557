"""Named random streams, under the name that users' own members import them by."""

from toolbox.core.streams import generator, integer, numpy_generator, stream_key

__all__ = ["generator", "integer", "numpy_generator", "stream_key"]
