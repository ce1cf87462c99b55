"""What a data set is made of: its folders or kinds of defect, and what stays together in a split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alcore.data.patches import Patches, labelled_items
from alcore.data.stored import StoredPatches
from alcore.data.synthetic import SyntheticPatches

_MOST_GROUPS = 20
_MOST_ASKED = 2000  # surfaces whose kinds are drawn


def prevalence_by_group(patches: Patches) -> pd.DataFrame:
    """One row per folder that the images lay in, or per kind of defect of surfaces, the largest first.

    Columns: group; patches, defective: counts; prevalence. Beyond twenty rows, one row for all others. The
    kinds of surfaces are those of the first 2,000 defective patches, and only these are counted.
    """
    if isinstance(patches, SyntheticPatches):
        items = np.flatnonzero(patches.defective)[:_MOST_ASKED]
        group = pd.Series([patches.kinds(int(item))[0] for item in items])
        defective = np.ones(items.size, dtype=bool)
    elif isinstance(patches, StoredPatches):
        source = patches.items["source"]
        known = labelled_items(patches)
        folders = source.str.rpartition("/")[0].replace("", "(top folder)")
        group = folders.iloc[known].reset_index(drop=True)
        defective = patches.defective[known]
    else:
        return pd.DataFrame(columns=["group", "patches", "defective", "prevalence"])
    table = pd.DataFrame({"group": group, "defective": defective}).groupby("group")["defective"]
    rows = pd.DataFrame({"patches": table.size(), "defective": table.sum()}).reset_index()
    rows = rows.sort_values(["patches", "group"], ascending=[False, True]).reset_index(drop=True)
    if len(rows) > _MOST_GROUPS:
        rest = rows.iloc[_MOST_GROUPS - 1 :]
        others = {
            "group": f"{len(rest)} others",
            "patches": rest["patches"].sum(),
            "defective": rest["defective"].sum(),
        }
        rows = pd.concat([rows.iloc[: _MOST_GROUPS - 1], pd.DataFrame([others])], ignore_index=True)
    rows["prevalence"] = rows["defective"] / rows["patches"]
    return rows


def kept_together(patches: StoredPatches) -> tuple[int, int]:
    """How many groups of patches stay on one side of the split, and how many patches the largest has."""
    sizes = patches.items["group"].value_counts()
    return len(sizes), int(sizes.max())
