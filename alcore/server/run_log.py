"""What the server's log says of runs."""

from __future__ import annotations

from alcore.event_log import tell, warn
from alcore.server.index import RunRow, Status


def tell_end(row: RunRow | None) -> None:
    """A worker has left a run: how that stands now; nothing of one that was deleted."""
    if row is None:
        return
    is_well = row.status in (Status.FINISHED, Status.STOPPED, Status.QUEUED)
    name = "run_put_back" if row.status == Status.QUEUED else f"run_{row.status}"
    log = tell if is_well else warn
    log(name, run=row.id, visitor=row.owner or None, reason=row.message or None)
