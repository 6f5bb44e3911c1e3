"""Read texts for Kandinsky 3: encode each once, mix them, and say what of them could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch.nn.functional import pad

from engine.kandinsky.drawing.caching import Cache
from engine.kandinsky.drawing.latents import slerp
from engine.kandinsky.families.kandinsky_3.pipeline import LEAST_WEIGHT, Pipeline, Text
from engine.request import Part, Request

# At most a MiB each, in the machine's memory: with its text known, a picture needs no text encoder.
CACHED_TEXTS = 256
# What the encoder reads of a text, its end included; the rest is cut (`Kandinsky3Pipeline.encode_prompt`).
MOST_TOKENS = 128
# Of a text in another script nearly all is unknown; a name or an emoji among words stays below this.
UNREAD_SHARE = 0.3


class Texts:
    """Encode texts with one pipeline; what was encoded before is remembered."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.cache: Cache[Text] = Cache(CACHED_TEXTS)

    def read(self, text: str) -> Text:
        """Encode `text`; no words are nothing at all, as the model was trained without a prompt."""
        if not text:
            return self._nothing()
        known = self.cache.get(text)
        return known if known is not None else self.cache.put(text, self._encode(text))

    def mix(self, parts: Sequence[Part]) -> Text:
        """Let the UNet read all the texts, each with its weight among the sum of weights.

        To average the tokens that happen to stand at the same place would mix words that have nothing to do with each
        other, and a weight would not count where only one text has a token, since the UNet normalises each token. So
        the texts stand one after another, and each gets its share of the attention, however long it is. A text mixed
        with itself is that text.
        """
        total = sum(part.weight for part in parts)
        counted = [(self.read(part.text), part.weight / total) for part in parts if part.weight]
        shortest = min(text.weights.shape[1] for text, _ in counted) - 1
        own = [_weighted(text, share * shortest / (text.weights.shape[1] - 1)) for text, share in counted]
        return _padded(Text(torch.cat([text.embeds for text in own], 1), torch.cat([text.weights for text in own], 1)))

    def between(self, start: Part, end: Part, share: float) -> Text:
        """Go `share` of the way from one text to another: token by token along the arc, then by weight."""
        first, last = self.read(start.text), self.read(end.text)
        if share in (0, 1):
            return last if share else first
        common = min(first.weights.shape[1], last.weights.shape[1]) - 1
        middle = slerp(first.embeds[:, :common], last.embeds[:, :common], share)
        tails = [_tail(first, common, 1 - share), _tail(last, common, share)]
        embeds = torch.cat([middle, *(tail.embeds for tail in tails)], 1)
        return _padded(Text(embeds, torch.cat([first.weights[:, :common], *(tail.weights for tail in tails)], 1)))

    def notes(self, request: Request) -> Mapping[str, object]:
        """Say what was cut off the words of `request` ("cut"), and whether they are of an unknown script ("unread")."""
        cuts = [cut for text in (*request.texts(), request.negative_prompt) if (cut := self._cut(text))]
        unread = any(self._is_unread(text) for text in request.texts())
        return MappingProxyType({**({"cut": " … ".join(cuts)} if cuts else {}), **({"unread": True} if unread else {})})

    def _nothing(self) -> Text:
        unet = self._pipeline.unet
        zeros = torch.zeros(1, 1, unet.config.encoder_hid_dim, dtype=unet.dtype)
        return Text(zeros, zeros[..., 0])

    def _encode(self, text: str) -> Text:
        encoded = self._pipeline.encode(text)
        return Text(encoded.embeds.cpu(), encoded.weights.cpu())

    def _cut(self, text: str) -> str:
        rest = self._tokens(text)[MOST_TOKENS - 1 :]
        return str(self._pipeline.tokenizer.decode(rest)).strip() if rest else ""

    def _is_unread(self, text: str) -> bool:
        tokens, unknown = self._tokens(text), self._pipeline.tokenizer.unk_token_id
        return tokens.count(unknown) > UNREAD_SHARE * len(tokens)

    def _tokens(self, text: str) -> list[int]:
        tokens: list[int] = self._pipeline.tokenizer(text, add_special_tokens=False).input_ids
        return tokens


def stack(texts: Sequence[Text], device: Any) -> Text:
    """Pad encoded texts, and their weights, to the longest, and stack them on `device`."""
    tokens = max(text.weights.shape[1] for text in texts)
    embeds = [pad(text.embeds, (0, 0, 0, tokens - text.embeds.shape[1])) for text in texts]
    weights = [pad(text.weights, (0, tokens - text.weights.shape[1])) for text in texts]
    return Text(torch.cat(embeds).to(device), torch.cat(weights).to(device))


def _weighted(text: Text, weight: float) -> Text:
    """Take the own tokens of a text, each counting `weight` as much."""
    return Text(text.embeds[:, :-1], text.weights[:, :-1] * max(weight, LEAST_WEIGHT))


def _tail(text: Text, common: int, share: float) -> Text:
    """Take a text's tokens after the first `common`, so that they draw `share` of the attention that they draw alone.

    Alone, it is `tokens / (common + tokens)`; of weight w beside `common` tokens, `w * tokens / (common + w * tokens)`.
    """
    tokens = text.weights.shape[1] - 1 - common
    weight = share * common / (common + tokens * (1 - share))
    return _weighted(Text(text.embeds[:, common:], text.weights[:, common:]), weight)


def _padded(text: Text) -> Text:
    return Text(pad(text.embeds, (0, 0, 0, 1)), pad(text.weights, (0, 1)))
