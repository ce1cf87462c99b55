"""alcore: active learning for binary segmentation under class imbalance and label shift."""

__version__ = "0.1.0"
