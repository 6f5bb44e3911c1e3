"""Begin a stage with the weights of an exported model, instead of from nothing."""

import json
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

Module = TypeVar("Module", bound=nn.Module)
PREVIEW_FILE = "latent_preview.json"
# Where the exported model keeps what a stage trains.
FOLDERS = {
    "movq": "decoder/movq",
    "vision": "prior/image_encoder",
    "text": "prior/text_encoder",
    "prior": "prior/prior",
    "decoder": "decoder/unet",
    "inpaint": "inpaint/unet",
}


def begun(module: Module, folder: Path | None) -> Module:
    """Give a module the exported weights in `folder`, where there is one to begin with."""
    if folder is not None:
        options = {"dtype": torch.float32, "use_safetensors": True, "local_files_only": True}
        module.load_state_dict(type(module).from_pretrained(folder, **options).state_dict())
    return module


@torch.no_grad()
def begun_preview(preview: nn.Conv2d, movq_folder: Path | None) -> nn.Conv2d:
    """Give the linear preview the exported map, which lies beside MoVQ."""
    if movq_folder is not None:
        known = json.loads((movq_folder.parent / PREVIEW_FILE).read_text())
        preview.weight.copy_(torch.tensor(known["matrix"]).view_as(preview.weight))
        preview.bias.copy_(torch.tensor(known["bias"]))
    return preview
