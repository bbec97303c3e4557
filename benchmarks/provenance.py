"""What every benchmark says of where its figures come from, and how they are written."""

import datetime
import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import Any

import jax

RESULTS = Path(__file__).parent / "results"


def write(name: str, figures: dict[str, Any], *, libraries: tuple[str, ...]) -> dict[str, Any]:
    """Write results/NAME_<platform>.json and return what it holds."""
    device = jax.devices()[0]
    result = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "device": device.device_kind,
        },
        "python": platform.python_version(),
        "versions": {library: importlib.metadata.version(library) for library in libraries},
    } | figures
    path = RESULTS / f"{name}_{device.platform}.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    return result


def read(name: str) -> dict[str, Any]:
    """Return what `write` wrote on this platform, nothing if it has not yet."""
    path = RESULTS / f"{name}_{jax.devices()[0].platform}.json"
    return json.loads(path.read_text()) if path.exists() else {}
