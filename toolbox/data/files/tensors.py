"""Weights of a network from a file that the user supplies; nothing in it is ever executed."""

from os import PathLike
from pathlib import Path
from typing import Any

from toolbox.core.checks import describe_value, refuse


def weights_file(value: Any, argument: str, *, network: str, endings: tuple[str, ...]) -> Path:
    """Return the path of a weights file that is there, or refuse."""
    if not isinstance(value, str | PathLike):
        refuse(argument, f"the path of {network}", describe_value(value))
    path = Path(value)
    if path.suffix.lower() not in endings:
        refuse(argument, f"a file that ends in {', '.join(endings)}", repr(str(path)))
    if not path.is_file():
        refuse(argument, "a file that exists", repr(str(path)))
    return path


def read_tensors(path: Path, argument: str, *, within: str = "") -> dict[str, Any]:
    """Return the torch tensors of a file by name; `within` names where some trainings keep them."""
    import torch

    try:
        if path.suffix.lower() == ".safetensors":
            from safetensors.torch import load_file

            content = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the readers meet in a broken file, it is the file's fault
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        if type(error).__name__ == "UnpicklingError":  # torch says how to execute it after all
            reason = "other objects, or code, inside: not read"
        refuse(argument, "a whole file of plain tensors", f"{path.name} ({reason})")
    wanted = "a file of tensors by name (a state dictionary)"
    if isinstance(content, dict) and isinstance(content.get(within), dict):
        content = content[within]
    if not isinstance(content, dict):
        refuse(argument, wanted, f"{path.name}, a {type(content).__name__}")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, torch.Tensor):
            refuse(argument, wanted, f"{path.name}, whose {key!r} is no tensor")
    return content
