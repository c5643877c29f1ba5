"""Work in steps over what no transaction spans: all of them done, or those that were undone."""

from core.sagas.saga import Registry, Saga, Step, Turn, UnknownSagaError
from core.sagas.sagas import Sagas

__all__ = ["Registry", "Saga", "Sagas", "Step", "Turn", "UnknownSagaError"]
