"""Recurrent encoder-decoders: LSTM or GRU, with attention as Bahdanau or Luong write it, or with none."""

from sightline.models.recurrent.model import Recurrent

__all__ = ["Recurrent"]
