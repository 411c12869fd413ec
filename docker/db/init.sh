#!/usr/bin/env bash
# Runs once, when the database's volume is empty: the application's role is no superuser, and the
# extensions, which only a superuser may create, are made for it.
set -euo pipefail

psql -v ON_ERROR_STOP=1 --username postgres --dbname postgres \
    --set "password=$LASTSEEN_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE lastseen LOGIN NOSUPERUSER PASSWORD :'password';
CREATE DATABASE lastseen OWNER lastseen;
\connect lastseen
CREATE EXTENSION postgis;
CREATE EXTENSION vector;
SQL
