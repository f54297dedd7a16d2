import pytest

from sightline.errors import ConfigError
from sightline.tasks.config import parse_config, read_config, set_option, write_config
from sightline.tasks.translate import TranslateConfig


def complaint(folder, text, overrides=()):
    path = folder / "c.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        read_config(path, TranslateConfig, overrides)
    return str(caught.value).replace(str(path), "c.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "seed: 1\ntraining:\n  learning_rat: 1\n",
            "c.yaml, line 3: unknown key 'training.learning_rat': did you mean 'training.learning_rate'?",
        ),
        (
            "model:\n  type: transformer\n  widht: 8\n",
            "c.yaml, line 3: unknown key 'model.widht': did you mean 'model.width'?",
        ),
        ("learning_rate: 1\n", "c.yaml, line 1: unknown key 'learning_rate': did you mean 'training.learning_rate'?"),
        ("data: {nonsense: 8}\n", "c.yaml, line 1: unknown key 'data.nonsense': known here: max_length, train, "),
        (
            "model:\n  type: rnn\n",
            "c.yaml, line 1: model.type: expected 'transformer', 'recurrent', and here it is 'rnn'",
        ),
        (
            "training: {updates: ten}",
            "c.yaml, line 1: training.updates: input should be a valid integer, and here it is",
        ),
        (
            "training: {minutes: -2}",
            "c.yaml, line 1: training.minutes: input should be greater than 0, and here it is -2",
        ),
        ("seed: 1\ntraining: 5", "c.yaml, line 2: training: expected keys of its own below it, and here it is 5"),
        ("seed: 1\nseed: 2", "c.yaml, line 2: not valid YAML: the key 'seed' stands twice, first in line 1"),
        ("a: [1\n", "c.yaml, line 2: not valid YAML: expected ',' or ']'"),
        ("a: \x01\n", "c.yaml: not valid YAML: unacceptable character"),
        ("- 3\n", "c.yaml: expected keys and values"),
        ("", "c.yaml: expected keys and values"),
        (b"a: \xff\n", "c.yaml: the configuration is not valid UTF-8"),
        ("training: {patience: null}", "c.yaml, line 1: training: nothing ends the training: set 'updates'"),
        ("training: {schedule: cosine}", "c.yaml, line 1: training: the schedule 'cosine' needs to know where it ends"),
        ("decoding: {n_best: 9}", "c.yaml, line 1: decoding: a beam of 5 finds no 9 answers"),
        ("decoding: {method: greedy, n_best: 2}", "c.yaml, line 1: decoding: the method 'greedy' finds one answer"),
        (
            "model: {type: recurrent, shared_embeddings: true}",
            "c.yaml: shared embeddings need 'shared_vocabulary: true'",
        ),
        (
            "data:\n  train: {source: 1, target: 2}",
            "c.yaml, line 2: data.train: columns by number need 'file', the TSV that they are in",
        ),
    ],
)
def test_complaints_have_file_line_and_remedy(tmp_path, text, message):
    assert complaint(tmp_path, text).startswith(message)


def test_all_complaints_come_at_once_in_the_order_of_lines(tmp_path):
    lines = complaint(tmp_path, "training:\n  minutes: 0\n  updates: x\nsed: 3\n").split("\n")
    assert [line.split(":")[0] for line in lines] == ["c.yaml, line 2", "c.yaml, line 3", "c.yaml, line 4"]


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"none.yaml: the configuration cannot be read: No such file"):
        read_config(tmp_path / "none.yaml", TranslateConfig)


def test_options_win_over_the_file(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("training: {updates: 5}\ndecoding:\n")
    settings = ["training.updates=7", "decoding.method=greedy", "model.type=transformer", "model.width=8", "output=a b"]
    config = read_config(path, TranslateConfig, settings)
    assert (config.training.updates, config.decoding.method, config.model.width) == (7, "greedy", 8)
    assert str(config.output) == "a b"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("seed", "write key=value"),
        ("=3", "write key=value"),
        ("seed.x=3", "'seed' is a plain value and has no keys"),
        ("seed=[", "the value is not valid YAML"),
    ],
)
def test_what_cannot_be_set(option, message):
    with pytest.raises(ConfigError, match=message):
        set_option({"seed": 1}, option)


def test_what_is_written_is_what_is_read(tmp_path):
    config = parse_config({"model": {"type": "transformer", "width": 12}, "output": "è", "seed": 3}, TranslateConfig)
    (tmp_path / "c.yaml").write_text(write_config(config), encoding="utf-8")
    assert read_config(tmp_path / "c.yaml", TranslateConfig) == config
