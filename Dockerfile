# Two stages: the first runs the Makefile's own steps, the second carries their result and runs without rights.
FROM python:3.12 AS build
WORKDIR /app
COPY Makefile pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY locks ./locks
COPY stemma ./stemma
COPY memory ./memory
COPY graphs ./graphs
COPY evals ./evals
COPY api ./api
RUN make runtime

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 stemma && mkdir /data && chown stemma /data
COPY --from=build /app /app
USER stemma
WORKDIR /data
ENV PATH=/app/.venv/bin:$PATH MEMORY_MODEL_FOLDER=/data/models
EXPOSE 2024
HEALTHCHECK --interval=10s --timeout=3s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:2024/ok', timeout=2)"]
CMD ["stemma", "serve", "--host", "0.0.0.0"]
