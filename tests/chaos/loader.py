"""Celery's own way to have its processes load further modules: `CELERY_LOADER` names this class."""

from celery.loaders.app import AppLoader

ENVIRONMENT = {"CELERY_LOADER": "tests.chaos.loader:DrillLoader"}


class DrillLoader(AppLoader):
    builtin_modules = frozenset({"tests.chaos.tasks"})
