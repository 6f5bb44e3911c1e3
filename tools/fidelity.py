"""Hold the own denoising loop against diffusers' pipelines: python -m tools.fidelity writes docs/fidelity.md.

Tiny models of the true classes, with the published schedulers, draw the same request in float64, from the same noise;
what is compared are the latents before they are decoded. Random weights amplify whatever differs.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import diffusers
import torch
from torch import Generator, Tensor

from engine.catalog import Repository
from engine.kandinsky.drawing import schedulers
from engine.kandinsky.drawing.denoising import StepCounter
from engine.kandinsky.drawing.latents import generator, pixels
from engine.kandinsky.families.kandinsky_2.prior import PRIOR_STREAM, Seeded
from engine.kandinsky.families.kandinsky_3.model import Kandinsky3
from engine.kandinsky.placing.loading import load_scheduler
from engine.request import Request
from engine.requests import ControlNet, Img2Img, Inpaint, Text2Image
from tests.engine.kandinsky.drawings import ignore
from tests.engine.kandinsky.families import kandinsky_2_bench as bench_2
from tests.engine.kandinsky.families import kandinsky_3_models as models_3
from tests.engine.kandinsky.families.kandinsky_2_bench import EXACT, STEPS, Bench, mask, photo
from tests.engine.kandinsky.families.kandinsky_3_models import Tiny

FILE = Path(__file__).parent.parent / "docs" / "fidelity.md"
SQUARE = (64, 64)
SEED = 7
# Of latents; what is beyond it is no rounding of float64.
EQUAL = 1e-3
SIZE, OVER, BOX = {"width": 64, "height": 64}, {"strength": 0.7}, (16, 16, 48, 40)
PRIORS = {"2.2": diffusers.KandinskyV22PriorPipeline, "2.1": diffusers.KandinskyPriorPipeline}
NOISE_LEVEL = (
    "diffusers starts from the noise levels of other betas than its own scheduler has; ours are the scheduler's"
)
BLENDED = "diffusers blends the kept part in only with 2.2; here it is, so that it does not drift"
GUIDED = "diffusers switches guidance off at its 0 to 1, which is 1 to 2 elsewhere; here it is guidance"
NEGATIVE = "diffusers cuts a negative prompt to the length of the prompt; here it is read whole"
INTRO = """# Fidelity

How far the own denoising loop is from diffusers' pipelines: the largest difference of latents, which are about 1 in
size. `python -m tools.fidelity` computes the table and writes this file; `tests/tools/test_fidelity.py` holds it.

Tiny models of the true classes with random weights draw the same request in float64 from the same noise, with the
published schedulers ([models verify](models.md) knows them by checksum; what 2.1's inpainting scheduler holds is not
known). The witness is diffusers {version}, not this project: its side has its schedulers as they are loaded, with
nothing of ours around their steps. What ours computes in fp32 is computed in float64 here, since random weights amplify
rounding as they amplify whatever differs: a difference says that there is one, not how much of it a person sees.

| family | mode | diffusers' pipeline | difference | why |
|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Case:
    """Name a mode, the pipeline of diffusers that has it, and what each side is asked; `why` they are to differ."""

    mode: str
    pipeline: type[Any]
    kind: type[Request]
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any] = field(default_factory=dict)
    part: str = "decoder"
    why: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Say how far one mode of a family is from a pipeline of diffusers, and why, where that is meant."""

    family: str
    mode: str
    pipeline: str
    difference: float
    why: str = ""

    def __str__(self) -> str:
        """Write a row of the table."""
        difference = f"{self.difference:.0e}" if self.difference < EQUAL else f"**{self.difference:.2g}**"
        return f"| {self.family} | {self.mode} | `{self.pipeline}` | {difference} | {self.why or 'equal'} |"


def rows(folder: Path) -> Iterator[Row]:
    """Compare every mode that diffusers has too; the models are made in `folder`."""
    for family, spec, cases in (
        ("2.2", bench_2.spec_2_2(folder), _of_2_2),
        ("2.1", bench_2.spec_2_1(folder), _of_2_1),
    ):
        bench = Bench(spec, EXACT)
        yield _prior(family, bench)
        yield from (_drawn_2(family, bench, case) for case in cases(bench))
    spec = models_3.tiny_spec(folder / "3")
    tiny = Tiny(spec, Kandinsky3.load(spec, EXACT, Path()))
    yield from (_drawn_3(tiny, case) for case in _of_3())


def _of_2_2(bench: Bench) -> list[Case]:
    sent, where, depth = photo(SQUARE), mask(BOX, SQUARE), photo(SQUARE).convert("L").convert("RGB")
    picture, hint = bench.send(sent), (pixels(depth)[None] / 2 + 0.5).double()
    repaint, mapped = {"picture": picture, "mask": bench.send(where)}, {"picture": bench.send(depth)}
    return [
        Case("text2img", diffusers.KandinskyV22Pipeline, Text2Image, SIZE),
        Case("img2img", diffusers.KandinskyV22Img2ImgPipeline, Img2Img, {"picture": picture, **OVER},
             {"image": sent, **OVER}),
        Case("inpaint", diffusers.KandinskyV22InpaintPipeline, Inpaint, repaint,
             {"image": sent, "mask_image": where}, "inpaint"),
        Case("controlnet", diffusers.KandinskyV22ControlnetPipeline, ControlNet, {**mapped, "is_depth_map": True},
             {"hint": hint}, "controlnet"),
    ]  # fmt: skip


def _of_2_1(bench: Bench) -> list[Case]:
    sent, where, words = photo(SQUARE), mask(BOX, SQUARE), {"prompt": "a fox", "negative_prompt": ""}
    picture = bench.send(sent)
    return [
        Case("text2img", diffusers.KandinskyPipeline, Text2Image, SIZE, words),
        Case("img2img", diffusers.KandinskyImg2ImgPipeline, Img2Img, {"picture": picture, **OVER},
             {**words, "image": sent, **OVER}, why=NOISE_LEVEL),
        Case("inpaint", diffusers.KandinskyInpaintPipeline, Inpaint, {"picture": picture, "mask": bench.send(where)},
             {**words, "image": sent, "mask_image": where}, "inpaint", BLENDED),
    ]  # fmt: skip


def _of_3() -> list[Case]:
    drawn, over, sent = diffusers.Kandinsky3Pipeline, diffusers.Kandinsky3Img2ImgPipeline, models_3.scene(*SQUARE)
    ugly = {"negative_prompt": "a squirrel in a tree"}
    return [
        Case("text2img", drawn, Text2Image, SIZE, SIZE),
        Case("text2img without guidance", drawn, Text2Image, {**SIZE, **_guided(1.0)}, {**SIZE, **_less_one(1.0)}),
        Case("text2img, guidance 1.5", drawn, Text2Image, {**SIZE, **_guided(1.5)}, {**SIZE, **_less_one(1.5)},
             why=GUIDED),
        Case("text2img, long negative prompt", drawn, Text2Image, {**SIZE, **ugly}, {**SIZE, **ugly}, why=NEGATIVE),
        Case("img2img", over, Img2Img, {"picture": models_3.named(sent, "a"), **OVER}, {"image": sent, **OVER}),
    ]  # fmt: skip


def _guided(scale: float) -> dict[str, float]:
    return {"guidance_scale": scale}


def _less_one(scale: float) -> dict[str, float]:
    return {"guidance_scale": scale - 1}  # what its pipeline calls the same guidance


def _prior(family: str, bench: Bench) -> Row:
    pipeline = bench.model._prior.pipeline
    stock = PRIORS[family](**{**pipeline.components, "scheduler": _published(bench.spec.repositories["prior"])})
    stock.set_progress_bar_config(disable=True)
    options = {"num_inference_steps": bench.spec.prior_steps, "guidance_scale": bench.spec.prior_guidance_scale}
    with _noise_of(stock, pipeline):
        ours = bench.model._prior.embed([Seeded("a wolf", SEED)], StepCounter(0, ignore))
        theirs, _ = stock("a wolf", generator=[generator(SEED ^ PRIOR_STREAM)], return_dict=False, **options)
    return Row(family, "prior", type(stock).__name__, _distance(ours, theirs))


def _drawn_2(family: str, bench: Bench, case: Case) -> Row:
    request = bench.ask(case.kind, prompt="a fox", **case.ours)
    stock = bench.stock(case.pipeline, case.part)
    stock.scheduler = _published(bench.spec.repositories[case.part])
    options = {**SIZE, "num_inference_steps": STEPS, "guidance_scale": request.guidance_scale}
    with _noise_of(stock):
        theirs = _by_pipeline(stock, {**options, **bench.embeddings("a fox", SEED), **case.theirs})
        ours = _decoded(stock.movq, lambda: bench.render([request]))
    return Row(family, case.mode, case.pipeline.__name__, _distance(ours, theirs), case.why)


def _drawn_3(tiny: Tiny, case: Case) -> Row:
    own, sent = tiny.model.pipelines[0], {"a" * 64: models_3.scene(*SQUARE)}
    request = tiny.request(case.kind, prompt="cat", **{"seed": SEED, **case.ours})
    published = _published(tiny.spec.repositories["decoder"])
    stock = case.pipeline(**{**own.components, "scheduler": published})
    stock.set_progress_bar_config(disable=True)
    options = {"prompt": "cat", "num_inference_steps": models_3.STEPS, **_less_one(request.guidance_scale)}
    with _noise_of(stock):
        theirs = _by_pipeline(stock, {**options, **case.theirs})
        ours = _decoded(own.movq, lambda: tiny.drawn(request, sent))
    return Row("3", case.mode, case.pipeline.__name__, _distance(ours, theirs), case.why)


def _by_pipeline(stock: Any, options: Mapping[str, Any]) -> Tensor:
    return _decoded(stock.movq, lambda: stock(**options, generator=[generator(SEED)]))


def _published(repository: Repository) -> Any:
    """Load a scheduler as diffusers alone uses it, with nothing of ours around its steps."""
    return load_scheduler(repository)


@contextmanager
def _noise_of(stock: Any, *others: Any) -> Iterator[None]:
    """Let both sides draw their noise in fp32, and compute all else in float64: random weights amplify rounding."""
    with ExitStack() as stack:
        stack.enter_context(mock.patch.multiple(schedulers, _in_fp32=_as_it_is, _added_in_fp32=_as_it_is))
        kinds = {kind for part in (stock, stock.scheduler, *others) for kind in type(part).__mro__}
        for module in {sys.modules[kind.__module__] for kind in kinds}:
            if hasattr(module, "randn_tensor"):
                stack.enter_context(mock.patch.object(module, "randn_tensor", _noise))
        yield


def _as_it_is(step: Callable[..., Any]) -> Callable[..., Any]:
    return step


def _noise(shape: Any, generator: list[Generator], dtype: torch.dtype, **_: object) -> Tensor:
    return torch.randn(shape, generator=generator[0]).to(dtype)


def _decoded(movq: Any, draw: Callable[[], object]) -> Tensor:
    """Return the latents that are decoded at the end of a drawing."""
    seen: list[Tensor] = []
    decode = movq.decode

    def listening(latents: Tensor, *args: object, **options: object) -> object:
        seen.append(latents)
        return decode(latents, *args, **options)

    with mock.patch.object(movq, "decode", listening):
        draw()
    return torch.cat(seen)


def _distance(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


def main() -> None:
    """Write the table."""
    with tempfile.TemporaryDirectory() as folder:
        table = "\n".join(map(str, rows(Path(folder))))
    FILE.write_text(INTRO.format(version=diffusers.__version__) + table + "\n", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
