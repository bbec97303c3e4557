"""The verb that writes pages for the public."""

from grainwise.verbs.demo.pages import demo

__all__ = ["demo"]
