"""The catalog: what a model can make, and where its parts come from."""

import pytest

from engine.catalog import DEMO, KNOWN, Catalog, Repository
from engine.errors import RequestError


@pytest.mark.parametrize("model", KNOWN, ids=lambda model: model.name)
def test_the_nearest_size_is_one_that_the_model_makes(model):
    for width, height in [(1, 1), (63, 70_000), (10_000, 10), (100, 100), (777, 333), (999_999, 999_999)]:
        model.check_size(*model.nearest_size(width, height))
    for ratio in (1 / 8, 9 / 16, 1, 16 / 9, 8):
        model.check_size(*model.size_for_ratio(ratio))


def test_a_size_that_cannot_be_made_is_refused_with_the_nearest_one():
    with pytest.raises(RequestError) as caught:
        DEMO.check_size(100, 300)
    assert (caught.value.facts["near_width"], caught.value.facts["near_height"]) == (128, 256)


def test_a_part_comes_from_where_the_owner_says(tmp_path):
    paths = {"prior": "someone/prior@0123abc", "decoder": str(tmp_path)}
    repositories = Catalog.of("kandinsky-2-2", paths)["kandinsky-2-2"].repositories
    assert repositories["prior"] == Repository("someone/prior", "0123abc")
    assert repositories["decoder"] == Repository(str(tmp_path))
    assert [repositories[part].is_folder for part in ("prior", "decoder")] == [False, True]


def test_the_embedded_model_is_always_offered():
    assert Catalog.of("kandinsky-2-2", {}).names() == ["kandinsky-2-2", "demo"]
    assert Catalog.of("demo", {}).names() == ["demo"]


def test_more_models_are_offered_each_once():
    names = Catalog.of("kandinsky-2-2", {}, ["kandinsky-3", "kandinsky-2-2", "demo"]).names()
    assert names == ["kandinsky-2-2", "kandinsky-3", "demo"]


def test_a_part_that_the_model_does_not_have_is_refused():
    with pytest.raises(RequestError, match="unknown_part"):
        Catalog.of("kandinsky-3", {"prior": "/somewhere"})
