"""``grainwise doctor`` says whether this installation is fit for work."""

from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolbox.core.installation import Report


def doctor(*, clear_cache: bool = False) -> int:
    """Report versions, devices, memory, and import names that another package has taken.

    Parameters
    ----------
    clear_cache
        First forget the compiled programs that are kept; they are compiled again when needed.
    """
    try:
        from toolbox.core.installation import doctor as examine
    except Exception as error:  # another's toolbox may fail in any way
        print(_not_ours(error))
        return 1
    if clear_cache:
        from toolbox.core.installation import clear_cache as forget

        forget()
    report = examine()
    print(as_text(report))
    return 0 if report.healthy else 1


def as_text(report: "Report") -> str:
    """Return the report in lines that a person reads."""
    rows = [(name, version or "not installed") for name, version in report.versions.items()]
    rows += [("device", device) for device in report.devices]
    rows += [("memory", f"{report.memory_gb:.1f} GB"), ("free disk", f"{report.disk_gb:.1f} GB")]
    rows += [("cache", f"{report.cache} ({report.cache_mb:.1f} MB)")]
    rows += [("octave", report.octave or "not installed")]
    rows += [("matlab", f"addpath ('{matlab_folder()}')")]
    rows += [("clash", clash) for clash in report.clashes]
    verdict = "healthy" if report.healthy else "not healthy"
    return "\n".join([*(f"{name:14}{value}" for name, value in rows), verdict])


def matlab_folder() -> Path:
    """Return the folder of grainwise.m: inside the installed package, or of the checkout."""
    here = Path(__file__).resolve().parents[1]
    return next(f for f in (here / "matlab", here.parent / "octave") if f.is_dir())


def _not_ours(error: Exception) -> str:
    """Say what to do when ``import toolbox`` does not give our toolbox."""
    spec = find_spec("toolbox")
    origin = spec and (spec.origin or ", ".join(spec.submodule_search_locations or ()))
    rivals = sorted(set(packages_distributions().get("toolbox", ())) - {"grainwise"})
    remedy = f"pip uninstall {' '.join(rivals)}" if rivals else "rename or move that one away"
    return (
        f"clash         toolbox: comes from {origin} ({error}); {remedy}, install grainwise again"
    )
