# shellcheck shell=sh
# Sourced by scripts/demo, scripts/test, scripts/bench and others: what they run on.
#
# Makes .venv with exactly the packages of requirements-dev.lock, installs the Debian packages that are missing and
# fetches the weights of the detector of people.
# Fast and without effect when both are there.  Leaves the path of the environment's programs in $venv.

cd "$(dirname "$0")/.." || exit 1
venv="$PWD/.venv/bin"
packages="$(grep -v '^#' scripts/packaging/box-packages) poppler-utils p7zip-full age shellcheck groff-base python3-gi
gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"

# Runs the tests; its arguments go to pytest.
run_tests() {
    unset PYTHONDONTWRITEBYTECODE  # hundreds of processes would compile the same modules
    "$venv/pytest" --numprocesses 3 --dist worksteal "$@"  # on 2 cores: many wait for a disk, a camera or a tool
}

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for candidate in "${PYTHON:-python3}" python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

install_debian() {
    missing=
    for package in $packages; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return
    line="apt-get install -y --no-install-recommends$missing"
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root="sudo "
    else
        say "These Debian packages are missing, and only root may install them.  Run this, then come back:"
        say "  sudo $line"
        exit 1
    fi
    say "installing:$missing"
    # shellcheck disable=SC2086  # words are meant to split
    { ${as_root}apt-get update -qq && ${as_root}env DEBIAN_FRONTEND=noninteractive $line -qq; } >.venv-debian.log 2>&1 || {
        cat .venv-debian.log >&2
        say "the Debian packages could not be installed; run this and look at what it says:  $line"
        exit 1
    }
    rm -f .venv-debian.log
}

make_venv() {
    wanted="$(cat requirements-dev.lock pyproject.toml | sha256sum | cut -d' ' -f1) $PWD"
    [ -f .venv/made-from ] && [ "$(cat .venv/made-from)" = "$wanted" ] && return
    say "making .venv from requirements-dev.lock"
    "$python" -m venv --clear .venv  # pip leaves what an earlier lock file named
    "$venv/pip" install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
    "$venv/pip" install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
    printf '%s' "$wanted" >.venv/made-from
}

python=$(find_python)
if [ -z "$python" ]; then
    say "Python 3.11 or newer is needed:  apt-get install -y python3 python3-venv"
    exit 1
fi
"$python" -c 'import ensurepip' 2>/dev/null || packages="$packages python3-venv"
# npm fetches the weights; one that stands elsewhere than in Debian's package serves as well.
"$python" scripts/weights --check || command -v npm >/dev/null || packages="$packages npm"
install_debian
"$python" scripts/weights || exit 1
make_venv
