# One image for all processes of the Procfile; docker-compose.yml starts each in a container.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
WORKDIR /app
COPY requirements.lock ./
RUN /opt/venv/bin/pip install --require-hashes -r requirements.lock
COPY . .
# The checkout is what runs, so it is installed as such: what one sees is what one imports.
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation --editable . \
    && /opt/venv/bin/python -m compileall -q /app /opt/venv

FROM python:3.11-slim
RUN groupadd --gid 10001 mendline \
    && useradd --uid 10001 --gid mendline --no-create-home --home-dir /data mendline \
    && install --directory --owner mendline --group mendline --mode 0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MENDLINE_DATA_DIR=/data \
    MENDLINE_HOST=0.0.0.0
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8000
# Only /data and /tmp are written to; the root file system may be read-only.
CMD ["python", "-m", "web.serve"]
