"""The schema's revisions; PostgreSQL's own words, since there is one dialect and details count."""
