"""Data: what there is to learn from, how to bring one's own, and how to make some."""

from alcore.ui import entrance
from alcore.ui.data import browse, line_tab, log_upload, surfaces, upload
from alcore.ui.tabs import show_tabs

VIEWS = {
    "Browse": browse.show,
    "Import": upload.show,
    "Make surfaces": surfaces.show,
    "Line": line_tab.show,
    "Logs": log_upload.show,
}

entrance.show(lambda: show_tabs(VIEWS, "data_view"))
