"""Networks that classify documents: an embedding, a reader with its contexts and poolings, a head."""

from sightline.models.classify.contexts import NoContext, RecurrentContext, TransformerContext
from sightline.models.classify.embedding import TokenEmbedding
from sightline.models.classify.heads import Head, OneHead, OrderedHead, SeveralHead
from sightline.models.classify.network import DocumentNetwork, Evidence
from sightline.models.classify.protocol import Context, Documents, Maps, Pooling, Read, Reader
from sightline.models.classify.readers import FlatReader, HierarchicalReader, OwnHierarchicalReader, OwnReader

__all__ = [
    "Context",
    "DocumentNetwork",
    "Documents",
    "Evidence",
    "FlatReader",
    "Head",
    "HierarchicalReader",
    "Maps",
    "NoContext",
    "OneHead",
    "OrderedHead",
    "OwnHierarchicalReader",
    "OwnReader",
    "Pooling",
    "Read",
    "Reader",
    "RecurrentContext",
    "SeveralHead",
    "TokenEmbedding",
    "TransformerContext",
]
