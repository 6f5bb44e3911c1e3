"""Rows that several requests ask for: one forward where there is room, each row what it would be alone."""

from collections.abc import Sequence
from contextvars import copy_context

import pytest
import torch
from torch import Tensor

from engine.errors import OutOfMemory
from engine.kandinsky.drawing.forwards import forward
from engine.kandinsky.placing.room import ROOM, Room
from engine.models.company import Company

SEEN = "encoder_hidden_states"
NOTHING: dict = {SEEN: None}


class Network:
    """Add to each row its time step and what it is told, and note how many rows come at once; hold at most `most`."""

    def __init__(self, most: int = 100) -> None:
        self.most, self.at_once, self.told = most, [], []

    def __call__(self, sample: Tensor, timestep: Tensor, return_dict: bool, **conditions: Tensor | None) -> tuple:
        self.at_once.append(len(sample))
        self.told.append(conditions)
        if len(sample) > self.most:
            raise torch.OutOfMemoryError("no")
        words = conditions[SEEN]
        told = 0 if words is None else words.flatten(1).sum(1)
        return (sample + (timestep + told).reshape(-1, *[1] * (sample.ndim - 1)),)


def together(network: Network, *asked: tuple[int, float, dict]) -> list[object]:
    """Let each ask for rows at a time step with conditions, and return the answers or errors."""
    answers: dict[int, object] = {}

    def way(number: int, rows: int, timestep: float, conditions: dict) -> None:
        try:
            answers[number] = forward(network, torch.zeros(rows, 4, 2, 2), torch.tensor(timestep), conditions)
        except OutOfMemory as error:
            answers[number] = error

    company = Company()
    company.admit(*(lambda number=number, each=each: way(number, *each) for number, each in enumerate(asked)))
    while company:
        company.advance()
    return [answers[number] for number in range(len(asked))]


def values(answers: Sequence[Tensor]) -> list[list[float]]:
    return [answer[:, 0, 0, 0].tolist() for answer in answers]


def test_rows_of_several_are_one_forward_and_each_has_its_time_step() -> None:
    network = Network()
    assert values(together(network, (2, 5.0, NOTHING), (1, 7.0, NOTHING))) == [[5.0, 5.0], [7.0]]
    assert network.at_once == [3]


def test_texts_of_different_lengths_are_padded_with_nothing() -> None:
    network = Network()
    short, long = ({SEEN: torch.ones(1, tokens, 3)} for tokens in (2, 5))
    assert values(together(network, (1, 0.0, short), (1, 0.0, long))) == [[6.0], [15.0]]
    assert network.told[0][SEEN].shape == (2, 5, 3)


@pytest.mark.parametrize("width", [3, 5])
def test_what_is_told_of_other_things_is_another_forward(width: int) -> None:
    network = Network()
    hints = [{**NOTHING, "hint": torch.zeros(1, size)} for size in (3, width)]
    together(network, *((1, 0.0, each) for each in hints))
    assert network.at_once == ([2] if width == 3 else [1, 1])


def test_what_does_not_fit_is_computed_in_parts_and_only_the_first_time_by_running_out_of_memory() -> None:
    network = Network(most=2)
    for _ in range(2):
        assert values(together(network, (3, 1.0, NOTHING), (2, 2.0, NOTHING))) == [[1.0] * 3, [2.0] * 2]
    assert network.at_once == [5, 2, 2, 1, 2, 2, 1]


def test_where_not_even_one_row_fits_everybody_hears_it() -> None:
    network = Network(most=0)
    answers = together(network, (1, 1.0, NOTHING), (1, 1.0, NOTHING))
    assert [type(answer) for answer in answers] == [OutOfMemory, OutOfMemory]
    network.most, network.at_once = 100, []
    together(network, (1, 1.0, NOTHING), (1, 1.0, NOTHING))
    assert network.at_once == [2]


def test_no_more_rows_are_computed_at_once_than_the_memory_is_planned_for() -> None:
    network = Network()

    def planned() -> Tensor:
        ROOM.set(Room(rows=2))
        return forward(network, torch.zeros(5, 4, 2, 2), torch.tensor(1.0), NOTHING)

    assert values([copy_context().run(planned)]) == [[1.0] * 5]
    assert network.at_once == [2, 2, 1]
