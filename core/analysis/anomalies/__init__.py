"""Anomalies of a series, point by point: seasons are learnt, records of surprise reported."""

from core.analysis.anomalies.detector import Detector, Point
from core.analysis.anomalies.tuning import Tuning

__all__ = ["Detector", "Point", "Tuning"]
