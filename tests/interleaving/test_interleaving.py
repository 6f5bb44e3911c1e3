"""Requests that meet at any step are drawn as if each were alone; `python -m tests.interleaving` plays thousands."""

from collections.abc import Sequence
from random import Random

import pytest
from torch import Tensor

from engine.kandinsky.drawing import forwards
from tests.interleaving.benches import BENCHES
from tests.interleaving.rounds import Rounds

ROUNDS = 4


@pytest.fixture(scope="module", params=BENCHES)
def rounds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    return BENCHES[request.param](tmp_path_factory.mktemp("model"))


def test_each_picture_is_that_of_its_request_alone_whoever_comes_and_goes(rounds: Rounds) -> None:
    wrong = [text for seed in range(ROUNDS) for text in rounds.play(Random(seed))]
    assert wrong == []
    assert rounds.counted["together"] > 2 * ROUNDS


@pytest.mark.parametrize("rounds", ["kandinsky-2-2"], indirect=True)
def test_pictures_that_are_mixed_up_are_noticed(rounds: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer those who ask together in the wrong order, but one who asks for several pictures."""
    together = forwards._together
    monkeypatch.setattr(forwards, "_together", lambda network, asked: turned(together(network, asked)))
    wrong = [text for seed in range(ROUNDS) for text in rounds.play(Random(seed))]
    assert any("off by" in text for text in wrong)


def turned(answers: Sequence[Tensor]) -> Sequence[Tensor]:
    return answers[::-1] if len({len(answer) for answer in answers}) == 1 else answers
