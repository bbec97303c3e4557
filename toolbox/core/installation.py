"""Look at the machine and the installation, and say what stands in the way."""

import base64
import hashlib
import os
import platform
import shutil
import subprocess
from contextlib import suppress
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from toolbox.core.packages import SHIPPED
from toolbox.core.records import record

_REQUIRED = (
    "numpy",
    "scipy",
    "pywavelets",
    "torch",
    "jax",
    "numba",
    "pot",
    "scikit-learn",
    "scikit-image",
    "imagecodecs",
    "matplotlib",
    "safetensors",
    "tqdm",
    "tyro",
    "lazy_loader",
)


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


def cache_folder() -> Path:
    """Return the folder of kept programs, which need not exist: in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path("~/.cache").expanduser()) / "grainwise"


def cache_bytes() -> int:
    """Return how much the kept programs take."""
    total = 0
    for folder, _, names in os.walk(cache_folder()):
        for name in names:
            with suppress(FileNotFoundError):  # another process compiles, or clears the cache
                total += (Path(folder) / name).lstat().st_size
    return total


def clear_cache() -> None:
    """Forget the kept programs; what is needed is compiled again, in some seconds."""
    shutil.rmtree(cache_folder(), ignore_errors=True)


@record
class Report:
    """What `doctor` found.

    Attributes
    ----------
    versions : dict of str
        Version of Python, of grainwise ("" when it runs from a checkout that is not installed) and
        of every required package ("" when it is missing).
    devices : tuple of str
        Devices of JAX and of torch, or why one of them does not load.
    clashes : tuple of str
        Import names of ours that another distribution or folder has taken, each with its remedy.
    memory_gb : float
        Memory of the machine, in 10^9 bytes; NaN where the system does not say.
    disk_gb : float
        Free disk in the current folder, in 10^9 bytes.
    octave : str
        Version of Octave, "" when there is none.
    healthy : bool
        No clash, no required package missing, and JAX and torch load.
    cache : str
        Folder of the programs that this toolbox compiled for this processor, and keeps.
    cache_mb : float
        What they take, in 10^6 bytes.
    """

    versions: dict[str, str]
    devices: tuple[str, ...]
    clashes: tuple[str, ...]
    memory_gb: float
    disk_gb: float
    octave: str
    healthy: bool
    cache: str = ""
    cache_mb: float = 0.0


def doctor() -> Report:
    """Report versions, devices, memory, disk, Octave, and whether another package took our names.

    Returns
    -------
    Report
        The findings; nothing is changed.

    Notes
    -----
    Unrelated distributions install the import names ``toolbox``, ``synthesis``, ``similarity`` and
    ``confidence`` too. pip overwrites one with the other without a word, and ``pip check`` stays
    green; here it shows.

    Examples
    --------
    >>> from toolbox import doctor
    >>> report = doctor()
    >>> report.clashes
    ()
    >>> any(device.startswith("jax cpu") for device in report.devices)
    True
    """
    required = {name: installed_version(name) for name in _REQUIRED}
    own = {"python": platform.python_version(), DISTRIBUTION: installed_version(DISTRIBUTION)}
    jax_devices, torch_devices = _jax_devices(), _torch_devices()
    found = clashes()
    loads = not any("does not load" in device for device in jax_devices + torch_devices)
    return Report(
        versions=own | required,
        devices=jax_devices + torch_devices,
        clashes=found,
        memory_gb=_memory_gb(),
        disk_gb=shutil.disk_usage(Path.cwd()).free / 1e9,
        octave=_octave(),
        healthy=loads and not found and all(required.values()),
        cache=str(cache_folder()),
        cache_mb=cache_bytes() / 1e6,
    )


def installed_version(distribution: str) -> str:
    """Return the version of an installed distribution, "" where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _jax_devices() -> tuple[str, ...]:
    try:
        from toolbox.core.device import jax_device_names

        return tuple(f"jax {name}" for name in jax_device_names())
    except Exception as error:  # a broken driver or library fails in many ways
        return (f"jax does not load: {error}",)


def _torch_devices() -> tuple[str, ...]:
    try:
        import torch

        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        return ("torch cpu", *(f"torch cuda:{i} {name}" for i, name in enumerate(names)))
    except Exception as error:  # a broken driver or library fails in many ways
        return (f"torch does not load: {error}",)


def _memory_gb() -> float:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, ValueError, OSError):
        return float("nan")


def _octave() -> str:
    program = shutil.which("octave-cli") or shutil.which("octave")
    if program is None:
        return ""
    try:
        command = [program, "--version"]
        text = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return text.partition("\n")[0].rpartition(" ")[2]
