"""How the embedded model is trained: stages, checkpoints, where they start, and what they learn from."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tools.train_demo_model.evaluate import similarity
from tools.train_demo_model.loop import Plan, Run, fit, learning_rate_share
from tools.train_demo_model.origin import begun, begun_preview
from tools.train_demo_model.polish import Redrawn, polish_movq
from tools.train_demo_model.pool import SIZES, Portion, portion
from tools.train_demo_model.scenes import draw, random_scene
from tools.train_demo_model.train_decoder import batch, build_decoder
from tools.train_demo_model.train_inpaint import begun_inpaint, build_inpaint, random_masks
from tools.train_demo_model.train_movq import build_movq, crops, structure_loss, to_tensor

SHIPPED = Path(__file__).parents[2] / "engine" / "kandinsky" / "embedded" / "demo"


def one_step(module: nn.Module, progress: float) -> Tensor:
    assert 0 <= progress < 1
    return module(torch.ones(1, 2)).square().sum()


def plan(folder: Path, budget_s: float) -> Plan:
    return Plan("line", folder, budget_s, 0.01, torch.device("cpu"))


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    fit(nn.Linear(2, 1), one_step, plan(tmp_path, 0.1))
    first = torch.load(plan(tmp_path, 0).checkpoint, weights_only=True)
    fit(nn.Linear(2, 1), one_step, plan(tmp_path, 0.2))
    second = torch.load(plan(tmp_path, 0).checkpoint, weights_only=True)
    assert second["step"] > first["step"] > 0
    assert second["elapsed_s"] >= 0.2
    assert second["loss"] < first["loss"]


def test_a_finished_stage_is_only_loaded(tmp_path: Path) -> None:
    trained = fit(nn.Linear(2, 1), one_step, plan(tmp_path, 0.1))
    written = plan(tmp_path, 0.1).checkpoint.stat().st_mtime_ns
    loaded = fit(nn.Linear(2, 1), one_step, plan(tmp_path, 0.05))
    assert torch.equal(loaded.weight, trained.weight)
    assert plan(tmp_path, 0.1).checkpoint.stat().st_mtime_ns == written


def test_a_half_written_checkpoint_is_never_read(tmp_path: Path) -> None:
    line = nn.Linear(2, 1)
    run = Run(line, line, torch.optim.AdamW(line.parameters()))
    run.save(plan(tmp_path, 1).checkpoint)
    assert [path.name for path in plan(tmp_path, 1).checkpoint.parent.iterdir()] == ["line.pt"]


def test_the_learning_rate_warms_up_and_falls() -> None:
    shares = [learning_rate_share(0, 0.0), learning_rate_share(1000, 0.1), learning_rate_share(5000, 1.0)]
    assert shares[0] < shares[2] < shares[1] <= 1


def test_polishing_leaves_the_latents_as_they_are(tmp_path: Path) -> None:
    movq, picture = build_movq().requires_grad_(False).eval(), torch.zeros(1, 3, 64, 64)
    polished = polish_movq(plan(tmp_path, 1.5), movq)
    assert torch.equal(polished.encode(picture).latents, movq.encode(picture).latents)
    latents = torch.randn(1, 4, 8, 8)
    options = {"force_not_quantize": True}
    assert not torch.equal(polished.decode(latents, **options).sample, movq.decode(latents, **options).sample)


def test_masks_leave_something_to_paint() -> None:
    masks = random_masks(200, 16, 24)
    assert masks.shape == (200, 1, 16, 24)
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    assert (masks.mean((1, 2, 3)) < 1).all()


@torch.no_grad()
def test_the_inpainting_decoder_begins_as_the_decoder() -> None:
    decoder = build_decoder()
    nn.init.normal_(decoder.conv_out.weight, std=0.1)
    inpaint = build_inpaint(decoder)
    latents, kept = torch.randn(1, 4, 16, 16), torch.ones(1, 1, 16, 16)
    options = {"timestep": 500, "encoder_hidden_states": None}
    condition = {"image_embeds": torch.randn(1, 128)}
    alone = decoder(latents, **options, added_cond_kwargs=condition).sample
    both = inpaint(torch.cat([latents, latents, kept], 1), **options, added_cond_kwargs=condition).sample
    torch.testing.assert_close(alone, both)


def test_a_stage_starts_from_the_exported_weights() -> None:
    shipped, other = (begun(build_decoder(), folder) for folder in (SHIPPED / "decoder" / "unet", None))
    assert not torch.equal(shipped.conv_in.weight, other.conv_in.weight)
    assert torch.equal(shipped.conv_in.weight, shipped.conv_in.weight.half().float())
    preview = begun_preview(nn.Conv2d(4, 3, 1), SHIPPED / "decoder" / "movq")
    assert preview.weight.abs().max() < 1


def test_the_inpainting_decoder_takes_over_what_the_exported_one_has_learned() -> None:
    decoder = begun(build_decoder(), SHIPPED / "decoder" / "unet")
    shipped = begun(build_decoder(in_channels=9), SHIPPED / "inpaint" / "unet")
    begins = begun_inpaint(decoder, SHIPPED / "inpaint" / "unet")
    torch.testing.assert_close(begins.state_dict(), shipped.state_dict(), atol=1e-6, rtol=0)


def test_a_stage_without_time_only_hands_on_what_it_started_from(tmp_path: Path) -> None:
    line = nn.Linear(2, 1)
    assert torch.equal(fit(line, one_step, plan(tmp_path, 0)).weight, line.weight)
    assert not plan(tmp_path, 0).checkpoint.exists()


def some_portions() -> list[Portion]:
    return [Portion(torch.zeros(5, 4, h // 8, w // 8), torch.zeros(5, 128), share) for (w, h), share in SIZES.items()]


def test_a_batch_holds_pictures_of_one_size_and_about_as_many_pixels() -> None:
    rng, shapes = Random(1), set()
    for _ in range(200):
        latents, embeddings = batch(rng, some_portions(), torch.device("cpu"))
        assert len(latents) == len(embeddings)
        assert len(latents) * latents[0, 0].numel() <= 16 * 256
        shapes.add(tuple(latents.shape[2:]))
    assert shapes == {(height // 8, width // 8) for width, height in SIZES}


def test_encoded_scenes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.train_demo_model.pool.SHARD", 3)
    movq = build_movq().eval()
    first = portion(movq, (64, 128), 1, tmp_path)
    assert first.latents.shape == (3, 4, 16, 8)
    assert first.embeddings.shape == (3, 128)
    again = portion(build_movq().eval(), (64, 128), 1, tmp_path)
    assert torch.equal(again.latents, first.latents)


def test_crops_show_figures_of_every_scale() -> None:
    cut = crops(Random(2), 6, 64)
    assert cut.shape == (6, 3, 64, 64)
    assert cut.abs().max() <= 1


def test_the_structure_loss_is_what_similarity_measures() -> None:
    scenes = [random_scene(Random(seed)) for seed in (3, 4)]
    grey = [draw(scene, 64).convert("L").convert("RGB") for scene in scenes]
    one, other = (to_tensor(np.asarray(picture)[None].copy()) for picture in grey)
    assert structure_loss(one, other).item() == pytest.approx(1 - similarity(*grey), abs=1e-3)
    assert structure_loss(one, one).item() == pytest.approx(0, abs=1e-5)


def test_polishing_learns_from_what_the_decoder_drew_over(tmp_path: Path) -> None:
    movq = build_movq().requires_grad_(False).eval()
    redrawn = [Redrawn(torch.zeros(8, 3, 64, 64), torch.randn(8, 4, 8, 8))]
    polished = polish_movq(plan(tmp_path, 1.5), movq, redrawn)
    assert not torch.equal(polished.decoder.conv_out.weight, movq.decoder.conv_out.weight)
