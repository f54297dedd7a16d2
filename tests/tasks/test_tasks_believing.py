"""Whether attention behind a translation is to be believed."""

import json

import pytest
import torch
from toy_translate import reversal, tiny

from sightline.data import BOS, EOS, UNK
from sightline.tasks.translate.believing import believe
from sightline.training import fast_matmul


class Reverser(torch.nn.Module):
    """Writes what it reads backwards, and is as sure as it can be of a letter that is there."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.letters = 4.0 * torch.eye(size)
        self.letters[UNK] = 0.0
        self.output = torch.nn.Linear(1, size)

    def embed(self, source: torch.Tensor) -> torch.Tensor:
        return self.letters[source]

    def encode(self, source: torch.Tensor, mask: torch.Tensor, vectors: torch.Tensor | None = None) -> torch.Tensor:
        assert mask.all()
        assert (source[:, -1] == EOS).all()
        return self.embed(source) if vectors is None else vectors

    def start(self, memory: torch.Tensor) -> int:
        return memory.shape[1] - 2

    def step(self, tokens: torch.Tensor, memory: torch.Tensor, state: int) -> tuple[torch.Tensor, int]:
        return memory[:, max(state, 0)].log_softmax(-1), state - 1


SOURCE = [7, 5, 9, 6, 8, 4, 10, 11]


def test_a_reversal_is_supported_where_it_looks_back():
    mirrored = torch.eye(8).flip(1)
    eos = torch.full((8, 1), 0.3)
    found = believe(Reverser(12), SOURCE, SOURCE[::-1], torch.cat([0.7 * mirrored, eos], 1))
    assert found is not None
    assert (found.kind, found.gain) == ("supported", 1)
    sure = torch.tensor([4.0, *[0.0] * 11]).softmax(0)[0].item()
    # one piece of eight for 1, 5 and 10 %, two for 20 %, four for 50 %: the right one is always among them
    assert found.comprehensiveness["attention"] == pytest.approx(sure - 1 / 12, abs=1e-6)
    assert found.comprehensiveness["gradient"] == pytest.approx(sure - 1 / 12, abs=1e-6)
    assert found.sufficiency["attention"] == pytest.approx(0, abs=1e-6)
    for other in (mirrored.flip(1), torch.full((8, 8), 1 / 8)):
        judged = believe(Reverser(12), SOURCE, SOURCE[::-1], other)
        assert judged is not None
        assert judged.kind == "not supported"


def test_nothing_is_said_of_nothing():
    assert believe(Reverser(12), [], [5], torch.ones(1, 1)) is None
    assert believe(Reverser(12), [5], [], torch.ones(1, 2)) is None


def test_the_network_is_asked_for_what_it_would_say():
    """Token by token of a real model, against its own forced decoding."""
    translator = tiny(30).fit(reversal())
    (result,) = translator.explain(["abcde"])
    model, source, target = translator.parts
    (ids,), (answer,) = source.encode_batch(["abcde"]), target.encode_batch([result.text])

    def probabilities(read: list[int]) -> torch.Tensor:
        rows = torch.tensor([[*read, EOS]])
        with torch.inference_mode():
            features, _ = model(rows, rows != 0, torch.tensor([[BOS, *answer[:-1]]]))
            return model.output(features)[0].softmax(-1)[torch.arange(len(answer)), torch.tensor(answer)]

    falls = []
    for place in range(len(ids)):
        without = [UNK if s == place else token for s, token in enumerate(ids)]
        falls.append(probabilities(ids) - probabilities(without))
    assert result.verdict is not None
    weights = torch.from_numpy(result.attention["cross"].mean().weights[:-1, :-1])
    effects = torch.stack(falls, 1)
    with fast_matmul("exact", weights.device):
        found = believe(model, ids, answer, weights)
    assert found == result.verdict
    # one piece of five is taken for 1 to 20 %, three for 50 %
    first = weights.argmax(1)
    single = effects[torch.arange(len(answer)), first].mean().item()
    order = weights.argsort(1, descending=True)
    three = []
    for t in range(len(answer)):
        gone = set(order[t, :3].tolist())
        kept = [UNK if s in gone else token for s, token in enumerate(ids)]
        three.append((probabilities(ids) - probabilities(kept))[t].item())
    expected = (4 * single + sum(three) / len(three)) / 5
    assert result.verdict.comprehensiveness["attention"] == pytest.approx(expected, abs=1e-5)
    assert json.loads(json.dumps(result.to_dict()))["verdict"]["kind"] == result.verdict.kind
    assert translator.explain(["abcde", " "], verdict=False)[0].verdict is None
