"""Networks, training and inference: the only rooms that import torch at module level."""
