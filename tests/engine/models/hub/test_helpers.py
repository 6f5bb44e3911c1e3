"""The segmenter and the classifier from the hub: who fetches what, and when."""

from pathlib import Path

import pytest
import torch
from huggingface_hub import constants, snapshot_download
from PIL import Image

from engine.catalog import Repository
from engine.errors import ModelMissing
from engine.kandinsky.helpers.classifying import Classifier
from engine.kandinsky.helpers.segmenting import Segmenter
from engine.kandinsky.placing.device import Device
from engine.settings import Classifying
from tests.engine.kandinsky.helpers import tiny_classifier, tiny_segmenter
from tests.engine.kandinsky.helpers.test_segmenting import drawing, mask
from tests.engine.models.hub.test_loading import files_of
from tests.servers.hub import HubServer, Repo

CPU = Device("cpu", torch.float32)
COMMIT = "c" * 40
REPOSITORY = Repository("owner/name", COMMIT)


def publish(server: HubServer, folder: Path) -> None:
    server.repos[REPOSITORY.path] = Repo({COMMIT: files_of(folder)}, {"main": [COMMIT]})


def test_the_classifier_is_fetched_at_the_first_start_and_needs_no_network_later(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelMissing, match="hf download owner/name --revision"):
        Classifier(Classifying(REPOSITORY), CPU)
    publish(server, Path(tiny_classifier.save(tmp_path / "classifier").path))
    Classifier(Classifying(REPOSITORY), CPU)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert Classifier(Classifying(REPOSITORY), CPU).judge([Image.new("RGB", (8, 8), "red")]) != [None]


def test_the_segmenter_is_not_fetched_while_somebody_waits(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, Path(tiny_segmenter.save(tmp_path / "segmenter").path))
    segmenter = Segmenter(REPOSITORY, CPU)
    with pytest.raises(ModelMissing, match="hf download owner/name --revision"):
        mask(segmenter, drawing())
    assert server.fetched() == []
    snapshot_download(REPOSITORY.path, revision=COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert mask(segmenter, drawing()).getbbox()
