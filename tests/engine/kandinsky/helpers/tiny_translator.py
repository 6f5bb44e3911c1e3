"""Build a tiny M2M100 of the true classes with random weights."""

import io
import json
from pathlib import Path

import sentencepiece
import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

from engine.catalog import Repository

TEXTS = ("a red fox", "ein roter Fuchs", "рыжая лиса", "un renard roux", "一只红色的狐狸")
# The tokenizer appends a hundred languages and eight unused words to its vocabulary.
BEYOND_VOCABULARY = 108


def save(folder: Path, positions: int = 64) -> Repository:
    """Save one in `folder`, as the published repository is laid out."""
    torch.manual_seed(0)
    tokenizer = _tokenizer(folder)
    width = {"d_model": 16, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}
    depth = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    config = M2M100Config(
        vocab_size=tokenizer.vocab_size + BEYOND_VOCABULARY, max_position_embeddings=positions, **width, **depth
    )
    M2M100ForConditionalGeneration(config).save_pretrained(folder / "m2m100")
    tokenizer.save_pretrained(folder / "m2m100")
    return Repository(str(folder / "m2m100"))


def _tokenizer(folder: Path) -> M2M100Tokenizer:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 20), model_writer=model, vocab_size=90, hard_vocab_limit=False, minloglevel=2
    )
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    words = [pieces.id_to_piece(index) for index in range(pieces.get_piece_size())]
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = {
        word: index for index, word in enumerate([*special, *(word for word in words if word not in special)])
    }
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "spm.model").write_bytes(model.getvalue())
    return M2M100Tokenizer(vocab_file=str(folder / "vocab.json"), spm_file=str(folder / "spm.model"))
