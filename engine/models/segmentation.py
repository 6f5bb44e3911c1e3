"""Find in a picture what words name: whatever model is asked, one segmenter answers."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import RequestError
from engine.models.model import Drawing, Drawn, Model, OnStep, Wrapper


class Segmenting(Wrapper):
    """Be a model beside which `segmenter`, if there is one, draws the masks of `Segment`."""

    def __init__(self, model: Model, segmenter: Model | None) -> None:
        super().__init__(model)
        self._segmenter = segmenter

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw with the model, or find what is to be found.

        Raises `RequestError` where nothing of it is in the picture, or no segmenter is set up.
        """
        if drawings[0].request.draws:
            return self._model.render(drawings, on_step)
        if self._segmenter is None:
            raise RequestError("segmenter_missing")
        found = self._segmenter.render(drawings, on_step)
        for drawing, mask in zip(drawings, found, strict=True):
            if not mask.images[0].getbbox():
                raise RequestError("segment_nothing", value=drawing.request.prompt)
        return found
