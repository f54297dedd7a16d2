"""Tasks join the teeth: data, a model, training, decoding, metrics and explanation make one thing that people use."""

__all__: list[str] = []  # each task by itself, so that whoever forecasts does not wait for what classifies
