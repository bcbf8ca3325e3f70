#!/bin/sh
# Install the system's own libraries that pip cannot bring, through apt where this user may; else say the exact command.
#   system-libs.sh pdf    what WeasyPrint loads at run time
#   system-libs.sh test   what the tests look at results with: a browser, poppler, qpdf, systemd-analyze, and Java for veraPDF
#   system-libs.sh venv   Debian's venv module
set -eu
missing=""
need() { # need PACKAGE TEST…: remember the package when the test fails
  package=$1
  shift
  "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has_lib() { ldconfig -p 2>/dev/null | grep -q "$1"; }
PATH="$PATH:/sbin:/usr/sbin"

for part in "$@"; do
  case $part in
    pdf)
      need libpango-1.0-0 has_lib 'libpango-1\.0\.so\.0'
      need libpangoft2-1.0-0 has_lib 'libpangoft2-1\.0\.so\.0'
      need libharfbuzz-subset0 has_lib 'libharfbuzz-subset\.so\.0'
      ;;
    test)
      need chromium command -v chromium
      need poppler-utils command -v pdftoppm
      need qpdf command -v qpdf
      need systemd command -v systemd-analyze
      need default-jre-headless command -v java
      need maven command -v mvn
      ;;
    venv)
      need python3-venv python3 -c 'import ensurepip, venv'
      ;;
    *)
      echo "system-libs.sh: unknown part '$part'" >&2
      exit 2
      ;;
  esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "these packages are missing and this system has no apt-get:$missing" >&2
  echo "install what your distribution calls them, then run make again" >&2
  exit 2
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    sudo="sudo -n"
  else
    echo "these system packages are missing; install them, then run make again:" >&2
    echo "  sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 2
  fi
fi
echo "installing system packages:$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086  # a list of names
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
