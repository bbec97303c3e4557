"""Find out whether another distribution or folder has taken one of our import names."""

import base64
import hashlib
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from toolbox.core.packages import SHIPPED

DISTRIBUTION = "grainwise"
_AGAIN = f"install {DISTRIBUTION} again"


def clashes() -> tuple[str, ...]:
    """Return one line for each thing that is wrong with our import names."""
    providers = metadata.packages_distributions()
    found = []
    for name in SHIPPED:
        rivals = sorted({r for r in providers.get(name, ()) if r.lower() != DISTRIBUTION})
        found += [f"{name}: installed by {r} too; pip uninstall {r}, then {_AGAIN}" for r in rivals]
        found += [] if rivals else _misplaced(name)
    return tuple(found)


def _misplaced(name: str) -> list[str]:
    """Say whether Python takes this name from elsewhere than beside this file."""
    home = Path(__file__).resolve().parents[2]
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return [f"{name}: not in {home}; {_AGAIN}"]
    origin = Path(spec.origin).resolve()
    if origin != home / name / "__init__.py":
        return [f"{name}: comes from {origin}, not from {home}; rename or move that one away"]
    if _overwritten(origin):
        return [f"{name}: {origin} is not as it was installed; {_AGAIN}"]
    return []


def _overwritten(origin: Path) -> bool:
    """Say whether the file differs from what the installed distribution recorded of it."""
    try:
        files = metadata.distribution(DISTRIBUTION).files or []
    except metadata.PackageNotFoundError:
        return False  # a checkout, or a folder on the path
    for file in files:
        if file.hash and Path(file.locate()).resolve() == origin:
            digest = hashlib.new(file.hash.mode, origin.read_bytes()).digest()
            return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value
    return False
