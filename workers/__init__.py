import config  # noqa: F401 (before anything else: it decides how often garbage is looked for)
