import errno
import os
import resource

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import ModelFolderError, OutputError
from sightline.files import make_folder, write_atomic
from sightline.training import load_tensors, save_tensors

TENSORS = {
    "a.weight": torch.arange(15, dtype=torch.float32).reshape(3, 5),
    "a.low": torch.arange(7, dtype=torch.bfloat16),
    "step": torch.tensor(3.0, dtype=torch.float64),
    "mask": torch.tensor([True, False]),
    "none": torch.empty(0, 3),
    "bytes": torch.arange(11, dtype=torch.uint8),
}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_saved_comes_back(tmp_path):
    metadata = {"update": 3, "history": [{"loss": 0.1}], "text": "è", "nothing": None}
    save_tensors(tmp_path / "x.safetensors", TENSORS, metadata)
    tensors, about = load_tensors(tmp_path / "x.safetensors")
    assert about == metadata
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        torch.testing.assert_close(tensors[name], tensor, rtol=0, atol=0)
    assert names(tmp_path) == ["x.safetensors"]


def test_tied_and_transposed_tensors(tmp_path):
    weight = torch.randn(5, 3)
    views = {"tied": weight, "again": weight, "transposed": weight.t(), "part": weight[1:3], "strided": weight[:, 1]}
    save_tensors(tmp_path / "x", views, {})
    assert (tmp_path / "x").stat().st_size < 1000
    tensors, _ = load_tensors(tmp_path / "x")
    assert tensors["tied"] is tensors["again"]
    for name, tensor in views.items():
        torch.testing.assert_close(tensors[name], tensor, rtol=0, atol=0)


def test_the_caller_may_go_on_changing_what_was_loaded(tmp_path):
    save_tensors(tmp_path / "x", {"a": torch.zeros(3)}, {})
    tensors, _ = load_tensors(tmp_path / "x")
    tensors["a"] += 1
    assert load_tensors(tmp_path / "x")[0]["a"].tolist() == [0, 0, 0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "x.safetensors"
    save_tensors(path, TENSORS, {"update": 3})
    return path


@given(st.data())
def test_a_flipped_bit_anywhere_is_found(whole, data):
    content = bytearray(whole.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    damaged = whole.with_name("damaged")
    damaged.write_bytes(content)
    try:
        tensors, about = load_tensors(damaged)
    except ModelFolderError as error:
        assert "damaged" in str(error)  # noqa: PT017
    else:  # blanks that pad the header may change without changing what it says
        assert about == {"update": 3}
        assert all(torch.equal(tensors[name], tensor) for name, tensor in TENSORS.items())


@given(st.data())
def test_a_file_cut_short_is_found(whole, data):
    content = whole.read_bytes()
    damaged = whole.with_name("cut")
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ModelFolderError, match=r"cut: damaged, or not a file"):
        load_tensors(damaged)


def test_a_missing_file_and_a_foreign_one(tmp_path):
    with pytest.raises(ModelFolderError, match="cannot be read"):
        load_tensors(tmp_path / "nowhere")
    (tmp_path / "pickle").write_bytes(b"\x80\x04K\x01." * 100)
    with pytest.raises(ModelFolderError, match="not a file that Sightline saved"):
        load_tensors(tmp_path / "pickle")


def test_a_full_disk_leaves_the_old_file_and_says_what_is_needed(tmp_path):
    write_atomic(tmp_path / "x", b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OutputError, match=r"no room.*2\.0 MB are needed.*earlier file of this name is intact"):
            write_atomic(tmp_path / "x", bytes(2_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "x").read_bytes() == b"old"
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full_at_the_last_moment(tmp_path, monkeypatch, code):
    def refuse(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError, match=r"no room.*nothing was left behind"):
        write_atomic(tmp_path / "x", b"new")
    assert names(tmp_path) == []


def test_death_before_the_rename_leaves_the_old_file(tmp_path, monkeypatch):
    write_atomic(tmp_path / "x", b"old")

    def die(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"old"
    assert names(tmp_path) == ["x"]


def test_what_a_killed_program_left_is_no_hindrance(tmp_path):
    (tmp_path / ".x.tmp").write_bytes(b"half of it")
    write_atomic(tmp_path / "x", b"new")
    assert names(tmp_path) == ["x"]


def test_places_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomic(tmp_path / "file" / "x", b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomic(tmp_path / "nowhere" / "x", b"")
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        make_folder(tmp_path / "file")
    with pytest.raises(OutputError, match="cannot be created"):
        make_folder(tmp_path / "file" / "below")
    assert make_folder(tmp_path / "new" / "below").is_dir()
