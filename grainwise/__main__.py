"""The command line: ``grainwise VERB`` parses, calls one public function, prints its answer."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import tyro

VERBS = (  # each a function in a file of its name in `grainwise.verbs`, loaded when it is asked for
    "analyse",
    "synthesise",
    "quality",
    "compare",
    "trust",
    "retrain",
    "label",
    "fetal",
    "papers",
    "demo",
    "figures",
    "call",
    "doctor",
)
FILES = {"fetal": "report", "papers": "report"}  # verbs that share one
CLOSED = 141  # as shells say that nobody read on
_DESCRIPTION = (
    "How far a deep-learning answer about a texture, an image or a signal can be trusted. "
    "--version prints the version."
)


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return its exit status: 0 good, 1 a bad finding, 2 bad input."""
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # as `head` leaves it; nothing more can be written, also at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(f"grainwise {_version()}")
        return 0
    verb = arguments[0] if arguments else "nothing"
    if verb in ("-h", "--help"):
        return _help()
    if verb not in VERBS:
        return _refuse(f"verb: wanted one of {', '.join(VERBS)}, got {verb}; see grainwise --help")
    try:
        return tyro.cli(function_of(verb), prog=f"grainwise {verb}", args=arguments[1:])
    except (ValueError, ImportError) as error:
        # InputError by its name: toolbox may be another's; an ImportError names a missing extra
        if type(error).__name__ != "InputError" and "extra" not in str(error):
            raise
        return _refuse(str(error))


def function_of(verb: str) -> Callable[..., int]:
    """Return the function of a verb."""
    return getattr(import_module(f"grainwise.verbs.{FILES.get(verb, verb)}"), verb)


def _help() -> int:
    app = tyro.extras.SubcommandApp()
    for verb in VERBS:
        app.command(function_of(verb), name=verb)
    return app.cli(prog="grainwise", description=_DESCRIPTION, args=["--help"])


def _refuse(reason: str) -> int:
    print(f"grainwise: {reason}", file=sys.stderr)
    return 2


def _version() -> str:
    try:
        return version("grainwise")
    except PackageNotFoundError:
        return "from a checkout"


if __name__ == "__main__":
    sys.exit(main())
