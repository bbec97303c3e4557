"""The command line: ``grainwise VERB`` parses, calls one public function, prints its answer."""

import sys
from importlib.metadata import PackageNotFoundError, version

import tyro

from grainwise.doctor import doctor
from grainwise.job_arrays import retrain


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit status: 0 good, 1 a bad finding, 2 bad input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments == ["--version"]:
        print(f"grainwise {_version()}")
        return 0
    verb = arguments[0] if arguments else "nothing"
    if verb not in (*_VERBS, "-h", "--help"):
        return _refuse(f"verb: wanted one of {', '.join(_VERBS)}, got {verb}; see grainwise --help")
    app = tyro.extras.SubcommandApp()
    for name, function in _VERBS.items():
        app.command(function, name=name)
    try:
        return app.cli(prog="grainwise", description=_DESCRIPTION, args=arguments)
    except ValueError as error:
        if type(error).__name__ != "InputError":  # by name: toolbox may be another's
            raise
        return _refuse(str(error))


def _refuse(reason: str) -> int:
    print(f"grainwise: {reason}", file=sys.stderr)
    return 2


_VERBS = {"doctor": doctor, "retrain": retrain}
_DESCRIPTION = (
    "How far a deep-learning answer about a texture, an image or a signal can be trusted. "
    "--version prints the version."
)


def _version() -> str:
    try:
        return version("grainwise")
    except PackageNotFoundError:
        return "from a checkout"


if __name__ == "__main__":
    sys.exit(main())
