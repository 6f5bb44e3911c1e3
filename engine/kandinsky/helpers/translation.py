"""Translate prompts into English for the families that read nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import structlog
import torch
import transformers  # not its classes: each is imported with its models when it is first named

from engine.catalog import TRANSLATOR, Repository
from engine.errors import ModelMissing
from engine.kandinsky.placing.device import Device, DeviceName, choose
from engine.kandinsky.placing.loading import UNUSABLE, keep_libraries_quiet, summary
from engine.models import hub
from engine.models.language import ENGLISH, UNKNOWN, Understood, detect
from engine.settings import TranslationMode

BEAMS = 4
# A prompt of one word may need a few tokens more than twice its own.
SPARE_TOKENS = 8
# The weights take 0.9 GiB in half precision; what the pictures need must stay free.
ROOM_BYTES = 3 * 2**30
log = structlog.get_logger(__name__)


class Translator:
    """Understand prompts: detect their language, and translate what a family does not read.

    The model is loaded when the first prompt needs it; while its files are missing, each such prompt looks for them
    again, so that fetching them needs no restart. It belongs to one thread.
    """

    def __init__(
        self,
        device: Device,
        mode: TranslationMode = "auto",
        repository: Repository = TRANSLATOR,
        remembered: int = 1024,
    ) -> None:
        """Remember up to `remembered` translations, the latest used."""
        self.mode = mode
        self._device = device
        self._repository = repository
        self._model: Model | None = None
        self._translate: Callable[[str, str], str] = lru_cache(remembered)(self._translate_anew)

    def understand(self, prompt: str, reads: frozenset[str]) -> Understood:
        """Say `prompt` in a language that is in `reads`, ISO 639-1 codes; in mode "always" in English.

        Without the model's files, or in a language that it does not know, the prompt goes through with a problem.
        """
        if self.mode == "off":
            return Understood(prompt, UNKNOWN)
        language = detect(prompt)
        if language in (ENGLISH, UNKNOWN) or (self.mode == "auto" and language in reads):
            return Understood(prompt, language)
        try:
            text = self._translate(prompt, language)
        except ModelMissing as error:
            log.warning("translator.missing", **error.facts)
            return Understood(prompt, language, problem="translator_missing")
        if not text:
            return Understood(prompt, language, problem="translation_empty")
        return Understood(text, language, translated=True)

    def _translate_anew(self, text: str, language: str) -> str:
        self._model = self._model or Model(self._repository, self._device)
        return self._model.to_english(text, language)


class Model:
    """Hold M2M100 and its tokenizer on a device."""

    def __init__(self, repository: Repository, device: Device) -> None:
        """Load from a folder or from the hub's cache, never from the network: a person is waiting.

        Raises `ModelMissing` where files are absent or unusable.
        """
        keep_libraries_quiet()
        folder = hub.weights_folder(repository)
        if folder is None:
            raise ModelMissing(
                repository=repository.path, command=hub.fetch_command(repository), reason="not on this machine"
            )
        try:
            self._tokenizer, self._model = _load(folder, device)
        except UNUSABLE as error:
            raise ModelMissing(repository=repository.path, reason=summary(error)) from error
        self._device = device.name

    @torch.no_grad()
    def to_english(self, text: str, language: str) -> str:
        """Translate `text` from `language`; what exceeds the model's positions is cut."""
        self._tokenizer.src_lang = language
        limit = self._model.config.max_position_embeddings
        tokens = self._tokenizer(text, return_tensors="pt", truncation=True, max_length=limit).to(self._device)
        longest = min(limit, 2 * tokens.input_ids.shape[1] + SPARE_TOKENS)
        english = self._model.generate(
            **tokens,
            forced_bos_token_id=self._tokenizer.get_lang_id(ENGLISH),
            num_beams=BEAMS,
            max_length=None,  # the repository's own limit would win with a warning
            max_new_tokens=longest,
        )
        return str(self._tokenizer.batch_decode(english, skip_special_tokens=True)[0]).strip()


def roomy_device(name: DeviceName) -> Device:
    """Choose where translations are made: on the GPU where the models have left room, else on the CPU."""
    chosen = choose(name)
    if chosen.is_cuda and torch.cuda.mem_get_info()[0] < ROOM_BYTES:
        return choose("cpu")
    return chosen


def _load(
    folder: Path, device: Device
) -> tuple[transformers.M2M100Tokenizer, transformers.M2M100ForConditionalGeneration]:
    tokenizer = transformers.M2M100Tokenizer.from_pretrained(folder, local_files_only=True)
    model = transformers.M2M100ForConditionalGeneration.from_pretrained(
        folder, dtype=device.dtype, use_safetensors=True, local_files_only=True
    )
    return tokenizer, model.eval().to(device.name)
