"""Data: what there is to learn from, how to bring one's own, and how to make some."""

from alcore.ui.data import browse, log_upload, surfaces, upload
from alcore.ui.tabs import show_tabs

VIEWS = {
    "Browse": browse.show,
    "Import": upload.show,
    "Make surfaces": surfaces.show,
    "Logs": log_upload.show,
}

show_tabs(VIEWS, "data_view")
