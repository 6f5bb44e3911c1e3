# syntax=docker/dockerfile:1
# The image holds the program; the model cache, the store and the configuration come in as volumes:
#   docker run --gpus all -v kandinsky-cache:/cache -v kandinsky-data:/data -v ./config.toml:/app/config.toml:ro ...
# The digest is the one that several unrelated public projects pin for this tag.
FROM nvidia/cuda:13.0.1-runtime-ubuntu24.04@sha256:c3fde347d52d578c84fd644bc177bc7ec333feaf11550d990da4084d7612e4c7

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
COPY --chown=bot:bot requirements.lock requirements-uv.lock pyproject.toml ./
# torch alone has no hash: its build depends on the machine, see the Makefile.
RUN python3 -m venv "$VIRTUAL_ENV" \
 && python -m pip install --no-cache-dir --require-hashes --requirement requirements-uv.lock \
 && uv pip install --require-hashes --no-deps --requirement requirements.lock \
 && uv pip install "$(sed -n 's/^ *"\(torch==[0-9.]*\)",$/\1/p' pyproject.toml)"
COPY --chown=bot:bot README.md LICENSE ./
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
