FROM python:3.11-slim
WORKDIR /concordat
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY api ./api
COPY subscriptions ./subscriptions
COPY schema ./schema
COPY domain ./domain
COPY migrations ./migrations
# The process needs no rights; what it keeps (the local signing key) is in the volume.
RUN useradd --system --home-dir /data --create-home concordat
USER concordat
ENV DATA_FOLDER=/data HOST=0.0.0.0 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD \
  ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["python", "-m", "api"]
CMD ["serve"]
