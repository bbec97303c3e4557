"""What figures compute in their tiny setting, each once a test module and nothing kept on disk."""


def no_cache(name, function, *arguments):
    """Compute a step, as the runner does without a cache."""
    return function(*arguments) | {"seconds": 0.0}


class Computed(dict):
    """The results of each script, computed when first asked for."""

    def __missing__(self, script):
        self[script] = script.compute(script.SETTINGS["tiny"], no_cache)
        return self[script]
