"""Build hook of the package: its dependencies and extras are the sections of requirements.txt."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_EXTRA = "# extra: "


def sections(requirements: str) -> dict[str, list[str]]:
    """Requirements by extra; those of the package itself are under ''."""
    found: dict[str, list[str]] = {"": []}
    name = ""
    for line in map(str.strip, requirements.splitlines()):
        if line.startswith(_EXTRA):
            name = line.removeprefix(_EXTRA)
            found[name] = []
        elif line and not line.startswith("#"):
            found[name].append(line)
    return found


class RequirementsHook(MetadataHookInterface):
    """Fills in `dependencies` and `optional-dependencies`."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by hatchling with the metadata of pyproject.toml."""
        found = sections((Path(self.root) / "requirements.txt").read_text(encoding="utf-8"))
        metadata["dependencies"] = found.pop("")
        metadata["optional-dependencies"] = found | {"all": sorted(chain.from_iterable(found.values()))}
