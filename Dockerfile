# syntax=docker/dockerfile:1
# The image holds the program; the model cache, the store and the configuration come in as volumes:
#   docker run --gpus all -v kandinsky-cache:/cache -v kandinsky-data:/data -v ./config.toml:/app/config.toml:ro ...
FROM nvidia/cuda:13.0.1-runtime-ubuntu24.04

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV DEBIAN_FRONTEND=noninteractive
# Versions come with the base image's release; the Python packages are locked below.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 10001 bot \
 && install --directory --owner=bot --group=bot /app /cache /data
USER 10001
WORKDIR /app

ENV VIRTUAL_ENV=/app/.venv \
    PATH=/app/.venv/bin:$PATH \
    UV_NO_CACHE=1 \
    UV_COMPILE_BYTECODE=1
COPY --chown=bot:bot requirements.lock ./
RUN python3 -m venv "$VIRTUAL_ENV" \
 && python -m pip install --no-cache-dir uv==0.13.9 \
 && uv pip install --requirement requirements.lock
COPY --chown=bot:bot pyproject.toml README.md LICENSE ./
COPY --chown=bot:bot bot ./bot
COPY --chown=bot:bot engine ./engine
RUN uv pip install --no-deps .

ENV HF_HOME=/cache/huggingface \
    XDG_CACHE_HOME=/cache \
    KANDINSKY_BOT_STORE__PATH=/data
VOLUME ["/cache", "/data"]
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["kandinsky-bot", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["kandinsky-bot"]
CMD ["run"]
