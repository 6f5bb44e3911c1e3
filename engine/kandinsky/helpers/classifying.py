"""Tell unsafe pictures from others with an image classifier of transformers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import transformers  # not its classes: each is imported with its models when it is first named
from PIL.Image import Image
from torch import Tensor

from engine.errors import EngineError
from engine.kandinsky.placing.device import Device, translated_errors
from engine.kandinsky.placing.loading import load_network, load_processor
from engine.models.picture_check import Verdict
from engine.settings import Classifying


class Classifier:
    """Judge pictures by the labels that count as unsafe; each label is found whatever its case."""

    def __init__(self, wanted: Classifying, device: Device) -> None:
        """Load the model at once, downloading what the hub's cache lacks: nothing is drawn that is not looked at.

        Raises `ModelMissing` where its files are neither there nor to be had, and `EngineError("unknown_labels")` where
        it knows no such label, with those that it knows.
        """
        self._processor = load_processor(transformers.AutoImageProcessor, wanted.repository, fetch=True)
        self._network = load_network(
            transformers.AutoModelForImageClassification, wanted.repository, device, fetch=True
        )
        self._threshold = wanted.threshold
        self._labels = self._known(wanted)

    @translated_errors()
    @torch.no_grad()
    def judge(self, pictures: Sequence[Image]) -> list[Verdict | None]:
        """Say of each picture whether it is unsafe, in one pass; what the network has no number for counts as unsafe.

        Where the labels exclude each other, the scores of the unsafe ones are added up: they share what is unsafe.
        """
        seen = self._processor([picture.convert("RGB") for picture in pictures], return_tensors="pt").pixel_values
        logits = self._network(seen.to(self._network.device, self._network.dtype)).logits.float()
        scores = self._scores(logits)[:, list(self._labels)].nan_to_num(nan=1.0).cpu()
        totals = scores.amax(1) if self._is_multi_label else scores.sum(1).clamp(max=1.0)
        return [self._verdict(*each) for each in zip(scores, totals.tolist(), strict=True)]

    @property
    def _is_multi_label(self) -> bool:
        config = self._network.config
        return bool(config.num_labels == 1 or config.problem_type == "multi_label_classification")

    def _scores(self, logits: Tensor) -> Tensor:
        return logits.sigmoid() if self._is_multi_label else logits.softmax(1)

    def _verdict(self, scores: Tensor, total: float) -> Verdict | None:
        label = list(self._labels.values())[int(scores.argmax())]
        return Verdict(label, total) if total >= self._threshold else None

    def _known(self, wanted: Classifying) -> dict[int, str]:
        """Find the unsafe labels among the model's, by their places."""
        labels = {int(place): str(label) for place, label in self._network.config.id2label.items()}
        unsafe = {label.casefold(): label for label in wanted.labels}
        if unknown := unsafe.keys() - {label.casefold() for label in labels.values()}:
            value = ", ".join(unsafe[each] for each in sorted(unknown))
            raise EngineError(
                "unknown_labels", value=value, known=list(labels.values()), repository=wanted.repository.path
            )
        return {place: label for place, label in labels.items() if label.casefold() in unsafe}
