#!/usr/bin/env bash
# Prepares .venv/ in the checkout. Usage: scripts/setup.sh client|dev
# `client` is what a person needs to talk; `dev` adds what the tests need. Quiet when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:-client}
stamp=.venv/.ready-$kind
log=.venv/setup.log

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if [ -e "$stamp" ] && [ "$stamp" -nt setup.cfg ] && [ "$stamp" -nt scripts/setup.sh ] && [ -x .venv/bin/python ]; then
  exit 0
fi

# libopusfile0: PyOgg defines nothing of Opus without it.  libasound2-plugins: PortAudio reaches PulseAudio through it.
packages="libopus0 libopusfile0 libportaudio2 libasound2-plugins libspeexdsp1 libegl1 libgl1-mesa-dri libmtdev1 xclip"
if [ "$kind" = dev ]; then
  # gcc and the headers build the PESQ package; the rest are the peers, oracles and virtual devices of the tests.
  # redis-tools has the server's program too, and starts no service as redis-server would.
  packages="$packages gcc libc6-dev libssl-dev python3-dev dbus pulseaudio pulseaudio-utils xvfb xauth xdotool coturn iproute2 tshark ffmpeg chromium chromium-driver openssl netcat-openbsd redis-tools faketime"
fi

python=
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
  if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    python=$candidate
    break
  fi
done

missing=
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  [ -n "$python" ] || packages="$packages python3"
  "${python:-python3}" -c 'import ensurepip, venv' 2>/dev/null || packages="$packages python3-venv"
  for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    as_root=
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || fail "These system packages are missing; install them as root and run this again: apt install$missing"
      as_root=sudo
    fi
    say "Installing system packages:$missing"
    output=$(mktemp)
    trap 'rm -f "$output"' EXIT
    # shellcheck disable=SC2086
    if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$output" 2>&1; then
      tail -n 15 "$output" >&2
      fail "The system packages could not be installed; the lines above say why."
    fi
  fi
  [ -n "$python" ] || python=python3
else
  [ -n "$python" ] || fail "Python 3.11, 3.12 or 3.13 is needed; install one of them and run this again."
  say "No apt here: Opus, opusfile, PortAudio and SpeexDSP must be installed by your system's own package manager (macOS: brew install opus opusfile portaudio speexdsp)."
fi
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
  fail "Python 3.11, 3.12 or 3.13 is needed (Kivy has no build for $("$python" -V)); install one and run: make PYTHON=python3.13"

[ -x .venv/bin/python ] || { say "Creating .venv with $("$python" -V)"; "$python" -m venv .venv; }
say "Installing Python packages into .venv (a minute or two the first time)"
# Compat mode puts the checkout itself on the path, which is where twistd looks for twisted/plugins.
if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=compat \
    -e ".[$([ "$kind" = dev ] && echo client,cluster,dev || echo client)]" >"$log" 2>&1; then
  tail -n 15 "$log" >&2
  fail "The Python packages could not be installed; the lines above say why (all of it is in $log)."
fi
# twistd caches the list of plugins; writing it now keeps a first start by another user quiet.
.venv/bin/python -c 'from twisted.plugin import getPlugins; from twisted.application.service import IServiceMaker; list(getPlugins(IServiceMaker))'
touch "$stamp"
