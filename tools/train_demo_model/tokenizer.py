"""Train a byte-level CLIP tokenizer on the captions, so that it reads Latin, Cyrillic and Chinese alike."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from .captions import training_caption
from .scenes import random_scene

VOCABULARY = 2200
MAXIMUM_TOKENS = 32
WORD_END = "</w>"
# CLIP's own way to cut a text into words.
WORDS = Regex(r"'s|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")


def tokenizer_in(folder: Path, start_from: Path | None = None) -> CLIPTokenizer:
    """Load the tokenizer of a training, or train it: where merges tie, another run would number them otherwise.

    A training that starts from an exported model takes over its tokenizer.
    """
    if start_from is not None:
        return CLIPTokenizer.from_pretrained(start_from / "prior" / "tokenizer")
    if not folder.is_dir():
        train_tokenizer().save_pretrained(folder)
    return CLIPTokenizer.from_pretrained(folder)


def train_tokenizer(captions: int = 20_000) -> CLIPTokenizer:
    """Learn the merges from freshly said captions."""
    tokenizer = Tokenizer(models.BPE(continuing_subword_prefix="", end_of_word_suffix=WORD_END))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    bytes_of_words = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = pre_tokenizers.Split(WORDS, behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, bytes_of_words])
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        end_of_word_suffix=WORD_END,
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(captions), trainer)
    return as_clip(json.loads(tokenizer.to_str())["model"])


def corpus(captions: int) -> Iterator[str]:
    """Say many captions."""
    rng = Random("tokenizer")
    for _ in range(captions):
        yield training_caption(random_scene(rng, pair_share=0.3, texture_share=0.1), rng).text


def as_clip(model: dict) -> CLIPTokenizer:
    """Complete a byte-pair model with every single byte and the two special tokens."""
    vocabulary = model["vocab"]
    for letter in sorted(pre_tokenizers.ByteLevel.alphabet()):
        for token in (letter, letter + WORD_END):
            vocabulary.setdefault(token, len(vocabulary))
    for token in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[token] = len(vocabulary)
    merges = [tuple(pair) for pair in model["merges"]]
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=MAXIMUM_TOKENS)
