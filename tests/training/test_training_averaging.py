import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy_training import train

from sightline.errors import ModelFolderError
from sightline.training import BestWeights, average_weights, load_tensors, save_tensors


def weights(value):
    return {"w": torch.full((3, 5), float(value)), "steps": torch.tensor(value)}


def test_the_average_by_hand(tmp_path):
    for value in (1, 2, 6):
        save_tensors(tmp_path / str(value), weights(value), {})
    average = average_weights([tmp_path / "1", tmp_path / "2", tmp_path / "6"])
    assert torch.equal(average["w"], torch.full((3, 5), 3.0))
    assert average["steps"].item() == 1


def test_the_order_of_the_files_does_not_show(tmp_path):
    for seed in range(5):
        values = torch.randn(101, generator=torch.Generator().manual_seed(seed))
        save_tensors(tmp_path / str(seed), {"w": values * 10**seed}, {})
    paths = [tmp_path / str(seed) for seed in range(5)]
    assert torch.equal(average_weights(paths)["w"], average_weights(paths[::-1])["w"])


def test_a_missing_file_is_named(tmp_path):
    save_tensors(tmp_path / "a", weights(1), {})
    with pytest.raises(ModelFolderError, match="b: cannot be read"):
        average_weights([tmp_path / "a", tmp_path / "b"])


@given(metrics=st.lists(st.sampled_from([0.0, 1.0, 2.0, math.nan]), max_size=8), count=st.integers(0, 3))
@pytest.mark.parametrize("mode", ["max", "min"])
def test_keeps_the_best_and_among_equals_the_first(tmp_path_factory, mode, metrics, count):
    folder = tmp_path_factory.mktemp("best")
    best = BestWeights(folder, count, mode)
    for update, metric in enumerate(metrics, 1):
        best.offer(weights(update), update, metric)
        best.prune()
    sign = -1 if mode == "max" else 1
    order = sorted((sign * metric, update) for update, metric in enumerate(metrics, 1) if not math.isnan(metric))
    expected = [update for _, update in order[:count]]
    assert [kept.update for kept in best.kept] == expected
    assert {path.name for path in folder.iterdir()} == {f"best-{update}.safetensors" for update in expected}
    for kept in best.kept:
        assert load_tensors(best.path(kept))[0]["steps"].item() == kept.update


def test_nothing_is_deleted_before_it_is_pruned(tmp_path):
    best = BestWeights(tmp_path, 1, "max")
    best.offer(weights(1), 1, 0.1)
    best.offer(weights(2), 2, 0.2)
    assert len(list(tmp_path.iterdir())) == 2
    best.prune()
    assert [path.name for path in tmp_path.iterdir()] == ["best-2.safetensors"]


def run(folder, metrics, **settings):
    """Trains with metrics given beforehand: one for each of four updates, and the last for the average."""
    values = iter(metrics)
    return train(
        folder, validate=lambda model: {"loss": next(values)}, max_updates=4, validate_every=1, accumulate=1, **settings
    )


def test_the_average_is_taken_when_it_is_no_worse(tmp_path):
    model, result = run(tmp_path, [4.0, 2.0, 3.0, 5.0, 2.0], keep_best=3)
    assert (result.taken, result.averaged) == ("average", (2, 3, 1))
    assert result.metrics == result.averaged_metrics == {"loss": 2.0}
    expected = average_weights([tmp_path / f"best-{update}.safetensors" for update in (1, 2, 3)])
    assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("value", [2.1, math.nan])
def test_the_single_best_is_taken_when_the_average_is_worse(tmp_path, value):
    model, result = run(tmp_path, [4.0, 2.0, 3.0, 5.0, value], keep_best=3)
    assert (result.taken, result.averaged, result.metrics) == ("best", (2, 3, 1), {"loss": 2.0})
    assert result.averaged_metrics["loss"] == pytest.approx(value, nan_ok=True)
    expected, _ = load_tensors(tmp_path / "best-2.safetensors")
    assert all(torch.equal(tensor, expected[name]) for name, tensor in model.state_dict().items())


def test_one_kept_is_the_best_and_none_kept_is_the_last(tmp_path):
    _, one = run(tmp_path / "one", [4.0, 2.0, 3.0, 5.0], keep_best=1)
    assert (one.taken, one.averaged, one.averaged_metrics, one.metrics) == ("best", (), None, {"loss": 2.0})
    model, none = run(tmp_path / "none", [4.0, 2.0, 3.0, 5.0], keep_best=0)
    assert (none.taken, none.metrics) == ("last", {"loss": 5.0})
    assert not list((tmp_path / "none").glob("best-*"))
    last, _ = load_tensors(tmp_path / "none" / "last.safetensors")
    assert all(torch.equal(tensor, last[f"model/{name}"]) for name, tensor in model.state_dict().items())


def test_metrics_that_are_never_a_number_leave_the_last_weights(tmp_path):
    _, result = run(tmp_path, [math.nan] * 4, keep_best=2)
    assert (result.taken, result.best) == ("last", None)
