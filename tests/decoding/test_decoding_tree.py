from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from sightline.decoding import expand, select
from sightline.decoding.tree import device_of


class Pair(NamedTuple):
    left: Tensor
    right: Any


def test_select_reaches_every_leaf_and_keeps_the_form():
    leaf = torch.arange(15).view(5, 3)
    state = {"a": [leaf, None, ()], "b": Pair(leaf + 1, (leaf + 2, {"c": leaf + 3}))}
    rows = torch.tensor([4, 0, 0, 2, 1, 3, 4])
    taken = select(state, rows)
    assert isinstance(taken["b"], Pair)
    assert taken["a"][1:] == [None, ()]
    for found, whole in [
        (taken["a"][0], leaf),
        (taken["b"].left, leaf + 1),
        (taken["b"].right[0], leaf + 2),
        (taken["b"].right[1]["c"], leaf + 3),
    ]:
        assert torch.equal(found, whole[rows])


def test_expand_repeats_each_row():
    state = (None, Pair(torch.tensor([[1], [2], [3]]), None))
    assert expand(state, 3)[1].left[:, 0].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert expand(None, 3) is None


def test_a_leaf_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="not int"):
        select({"position": 3}, torch.tensor([0]))


def test_a_tree_lies_where_its_first_tensor_lies():
    assert device_of((None, {"a": [torch.empty(1, device="meta")]})).type == "meta"
    assert device_of(None).type == "cpu"
