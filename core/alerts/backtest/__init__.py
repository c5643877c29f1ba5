"""What rules would have done on the days that are stored: played, and nothing is written."""

from core.alerts.backtest.play import Asked, play
from core.alerts.backtest.report import Episode, Report, Verdict

__all__ = ["Asked", "Episode", "Report", "Verdict", "play"]
